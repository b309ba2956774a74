import { Download, Plus, Unplug } from 'lucide-react'
import { useState } from 'react'
import { Reconnect, StartConnection, TriggerImport } from '../data/documents'
import { sentence, useAct } from '../data/act'
import { usePlatforms, useSocialAccounts, type Account, type Platform } from '../data/hooks'
import { texts } from '../texts'
import { Mark } from '../ui/brand'
import { Button } from '../ui/button'
import { Empty, Menu, Skeleton, Trouble } from '../ui/parts'
import { Root } from '../ui/root'
import { useTell } from '../ui/toast'
import { AccountCard } from './AccountCard'
import { AlertDialog } from './AlertDialog'
import { CostLine } from './Cost'
import { ChooseDialog } from './ChooseDialog'
import { DisconnectDialog, RemoveDialog } from './DisconnectDialog'
import { IntervalDialog } from './IntervalDialog'
import { ResumeDialog } from './ResumeDialog'
import { useReturn } from './useReturn'

export interface SocialAccountManagerProps {
  /** The path of nchat where the browser ends after a login; where it is now when not given. */
  returnPath?: string
  /** Shows the posts of an account, where there is a place for it. */
  onShowPosts?: (account: Account) => void
  /** Begins an integration of an account, where there is a place for it. */
  onIntegrate?: (account: Account) => void
}

interface Asked { what: 'disconnect' | 'remove' | 'interval' | 'alerts' | 'resume'; account: Account }

/** The connected accounts: connect, look after, switch, import, disconnect. */
export function SocialAccountManager(props: SocialAccountManagerProps) {
  return <Root><Manager {...props} /></Root>
}

function Manager({ returnPath = window.location.pathname, onShowPosts, onIntegrate }: SocialAccountManagerProps) {
  const { accounts, loading, error, refetch } = useSocialAccounts()
  const overview = usePlatforms()
  const { platforms } = overview
  const tell = useTell()
  const [asking, setAsking] = useState<Asked>()
  const [start, starting] = useAct(StartConnection, 'socialStartConnection', ['started'])
  const [reconnect] = useAct(Reconnect, 'socialReconnectAccount', ['started'])
  const [importAll, importing] = useAct(TriggerImport, 'socialTriggerImport', ['requested'])
  const back = useReturn()

  const go = (url: string | null | undefined) => url && window.location.assign(url)
  const connect = async ({ platform, billing }: Platform) => {
    // What it will cost is told before it is connected.
    const begun = await start({ input: { platform, return_path: returnPath, ...(billing && { choose: true }) } })
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

  const fault = error ?? overview.error
  // What fails again stands in the queries' own errors.
  const retry = () => void Promise.allSettled([...(error ? [refetch()] : []), ...(overview.error ? [overview.refetch()] : [])])
  const platformOf = (account: Account) => platforms?.find(({ platform }) => platform === account.platform)
  const connectItems = (platforms ?? []).map((overview) => ({
    label: overview.is_configured ? texts.platform[overview.platform] : `${texts.platform[overview.platform]} · ${texts.accounts.notConfigured}`,
    icon: <Mark platform={overview.platform} size={15} silent />,
    disabled: !overview.is_configured,
    onSelect: () => void connect(overview),
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
      {fault && <div className="mb-3"><Trouble message={sentence(fault)} onRetry={retry} /></div>}
      {!accounts && loading && <Skeleton className="h-28" />}
      {accounts?.length === 0 && (
        <Empty icon={<Unplug aria-hidden size={28} />} title={texts.accounts.none} hint={texts.accounts.noneHint}>
          {(platforms ?? []).map((overview) => (
            <Button key={overview.platform} disabled={!overview.is_configured || starting} title={overview.is_configured ? undefined : texts.accounts.notConfigured} icon={<Mark platform={overview.platform} size={15} silent />} onClick={() => void connect(overview)}>
              {texts.accounts.connectTo(texts.platform[overview.platform])}
            </Button>
          ))}
        </Empty>
      )}
      <ul className="grid gap-2.5">
        {accounts?.map((account) => (
          <li key={account.id}>
            <AccountCard
              account={account} cost={account.cost && <CostLine cost={account.cost} />}
              onReconnect={() => void again(account)} onDisconnect={() => setAsking({ what: account.is_connected ? 'disconnect' : 'remove', account })}
              onResume={() => setAsking({ what: 'resume', account })} onAlerts={() => setAsking({ what: 'alerts', account })}
              onInterval={platformOf(account) && (() => setAsking({ what: 'interval', account }))}
              onShowPosts={onShowPosts && (() => onShowPosts(account))} onIntegrate={onIntegrate && (() => onIntegrate(account))}
            />
          </li>
        ))}
      </ul>
      {asking && <Asking {...asking} platform={platformOf(asking.account)} onClose={() => setAsking(undefined)} onDone={() => void refetch()} />}
      {back.choosing && <ChooseDialog connection={back.choosing} onClose={back.done} onDone={() => void refetch()} />}
    </section>
  )
}

type AskingProps = Asked & { platform: Platform | undefined; onClose: () => void; onDone: () => void }

/** The window that is open, if any. */
function Asking({ what, account, platform, onClose, onDone }: AskingProps) {
  switch (what) {
    case 'disconnect': return <DisconnectDialog account={account} duty={platform?.storage_duty} onClose={onClose} onDone={onDone} />
    case 'remove': return <RemoveDialog account={account} onClose={onClose} onDone={onDone} />
    case 'resume': return <ResumeDialog account={account} onClose={onClose} />
    case 'alerts': return <AlertDialog account={account} onClose={onClose} />
    case 'interval': return platform && <IntervalDialog account={account} platform={platform} onClose={onClose} />
  }
}
