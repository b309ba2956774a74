import { Download, Plus, Unplug } from 'lucide-react'
import { useState } from 'react'
import { Reconnect, StartConnection, TriggerImport } from '../data/documents'
import { sentence, useAct } from '../data/act'
import { usePlatforms, useSocialAccounts, type Account } from '../data/hooks'
import type { SocialPlatform } from '../gql/graphql'
import { texts } from '../texts'
import { Mark } from '../ui/brand'
import { Button } from '../ui/button'
import { Empty, Menu, Skeleton, Trouble } from '../ui/parts'
import { Root } from '../ui/root'
import { useTell } from '../ui/toast'
import { AccountCard } from './AccountCard'
import { CostLine } from './Cost'
import { ChooseDialog } from './ChooseDialog'
import { DisconnectDialog } from './DisconnectDialog'
import { IntervalDialog } from './IntervalDialog'
import { useReturn } from './useReturn'

export interface SocialAccountManagerProps {
  /** The path of nchat where the browser ends after a login; where it is now when not given. */
  returnPath?: string
  /** Shows the posts of an account, where there is a place for it. */
  onShowPosts?: (account: Account) => void
  /** Begins an integration of an account, where there is a place for it. */
  onIntegrate?: (account: Account) => void
}

/** The connected accounts: connect, look after, switch, import, disconnect. */
export function SocialAccountManager(props: SocialAccountManagerProps) {
  return <Root><Manager {...props} /></Root>
}

function Manager({ returnPath = window.location.pathname, onShowPosts, onIntegrate }: SocialAccountManagerProps) {
  const { accounts, loading, error, refetch } = useSocialAccounts()
  const { platforms } = usePlatforms()
  const tell = useTell()
  const [leaving, setLeaving] = useState<Account>()
  const [pacing, setPacing] = useState<Account>()
  const [start, starting] = useAct(StartConnection, 'socialStartConnection', ['started'])
  const [reconnect] = useAct(Reconnect, 'socialReconnectAccount', ['started'])
  const [importAll, importing] = useAct(TriggerImport, 'socialTriggerImport', ['requested'])
  const back = useReturn()

  const go = (url: string | null | undefined) => url && window.location.assign(url)
  const connect = async (platform: SocialPlatform) => {
    const begun = await start({ input: { platform, return_path: returnPath } })
    go(begun?.url)
  }
  const again = async (account: Account) => {
    const begun = await reconnect({ input: { account_id: account.id, return_path: returnPath } })
    go(begun?.url)
  }
  const everything = async () => {
    const asked = await importAll({ input: {} })
    if (asked) {
      tell('plain', asked.message)
      void refetch()
    }
  }

  const platformOf = (account: Account) => platforms?.find(({ platform }) => platform === account.platform)
  const connectItems = (platforms ?? []).map(({ platform, is_configured }) => ({
    label: is_configured ? texts.platform[platform] : `${texts.platform[platform]} · ${texts.accounts.notConfigured}`,
    icon: <Mark platform={platform} size={15} silent />,
    disabled: !is_configured,
    onSelect: () => void connect(platform),
  }))
  const connectMenu = (
    <Menu
      label={texts.accounts.connect} items={connectItems}
      trigger={<Button kind="primary" busy={starting} icon={<Plus aria-hidden size={16} />}>{texts.accounts.connect}</Button>}
    />
  )
  return (
    <section aria-label={texts.tabs.accounts}>
      <header className="mb-3 flex flex-wrap items-center gap-2">
        <p className="mr-auto text-soft">{texts.accounts.lead}</p>
        {!!accounts?.length && (
          <Button busy={importing} icon={<Download aria-hidden size={15} />} onClick={() => void everything()}>{texts.accounts.importAll}</Button>
        )}
        {connectMenu}
      </header>
      {error && <div className="mb-3"><Trouble message={sentence(error)} onRetry={() => void refetch()} /></div>}
      {!accounts && loading && <Skeleton className="h-28" />}
      {accounts?.length === 0 && (
        <Empty icon={<Unplug aria-hidden size={28} />} title={texts.accounts.none} hint={texts.accounts.noneHint}>
          {(platforms ?? []).map(({ platform, is_configured }) => (
            <Button key={platform} disabled={!is_configured || starting} title={is_configured ? undefined : texts.accounts.notConfigured} icon={<Mark platform={platform} size={15} silent />} onClick={() => void connect(platform)}>
              {texts.accounts.connectTo(texts.platform[platform])}
            </Button>
          ))}
        </Empty>
      )}
      <ul className="grid gap-2.5">
        {accounts?.map((account) => (
          <li key={account.id}>
            <AccountCard
              account={account} cost={account.cost && <CostLine cost={account.cost} />}
              onReconnect={() => void again(account)} onDisconnect={() => setLeaving(account)}
              onInterval={platformOf(account) && (() => setPacing(account))}
              onShowPosts={onShowPosts && (() => onShowPosts(account))} onIntegrate={onIntegrate && (() => onIntegrate(account))}
            />
          </li>
        ))}
      </ul>
      {leaving && (
        <DisconnectDialog
          account={leaving} duty={platformOf(leaving)?.storage_duty}
          onClose={() => setLeaving(undefined)} onDone={() => void refetch()}
        />
      )}
      {pacing && platformOf(pacing) && <IntervalDialog account={pacing} platform={platformOf(pacing)!} onClose={() => setPacing(undefined)} />}
      {back.choosing && <ChooseDialog connection={back.choosing} onClose={back.done} onDone={() => void refetch()} />}
    </section>
  )
}
