import { BellRing, CircleAlert, CircleCheck, CirclePause, CircleX, Clock, Download, ExternalLink, Link2Off, List, Plus, RefreshCw, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { useAct } from '../data/act'
import { SetActive } from '../data/documents'
import type { Account } from '../data/hooks'
import { texts } from '../texts'
import { handleOf } from '../ui/brand'
import { Avatar } from '../ui/avatar'
import { Button } from '../ui/button'
import { Badge, Menu, Switch, type Item, type Tint } from '../ui/parts'
import { AccountFacts, AccountTrouble } from './AccountFacts'
import { useImport } from './useImport'

interface Props {
  account: Account
  onReconnect: () => void
  /** Also where it is disconnected already, and to be removed. */
  onDisconnect: () => void
  onResume: () => void
  onAlerts: () => void
  onInterval?: () => void
  onShowPosts?: () => void
  onIntegrate?: () => void
  cost?: ReactNode
}

type State = keyof typeof looks
const looks = {
  connected: { tint: 'good', icon: CircleCheck },
  degraded: { tint: 'warn', icon: CircleAlert },
  paused: { tint: 'warn', icon: CirclePause },
  needs_reconnect: { tint: 'bad', icon: CircleX },
  disconnected: { tint: 'plain', icon: Link2Off },
  off: { tint: 'plain', icon: CirclePause },
} satisfies Record<string, { tint: Tint; icon: typeof CircleCheck }>

/** What an account's state is in one word. */
export function stateOf(account: Account): State {
  if (!account.is_connected) return 'disconnected'
  if (account.health === 'connected' && !account.is_active) return 'off'
  return account.health
}

export function Health({ account }: { account: Account }) {
  const state = stateOf(account)
  const { tint, icon: Icon } = looks[state]
  return <Badge tint={tint} icon={<Icon aria-hidden size={13} />}>{texts.health[state]}</Badge>
}

export function AccountCard({ account, onReconnect, onDisconnect, onResume, onAlerts, onInterval, onShowPosts, onIntegrate, cost }: Props) {
  const [setActive] = useAct(SetActive, 'socialSetAccountActive', ['inactive'])
  const { isImporting, begin } = useImport(account)
  const state = stateOf(account)
  const needsLogin = state === 'needs_reconnect' || state === 'disconnected'

  // Shown at once; when the service says otherwise, Apollo takes it back.
  const switchOff = () => void setActive({ input: { id: account.id, is_active: false } }, {
    optimisticResponse: {
      socialSetAccountActive: { __typename: 'SocialSetAccountActivePayload', status: 'inactive', message: '', account: { ...account, is_active: false } },
    } as never,
  })
  const items: Item[] = [
    ...(onShowPosts ? [{ label: texts.accounts.posts, icon: <List aria-hidden size={15} />, onSelect: onShowPosts }] : []),
    ...(onIntegrate ? [{ label: texts.accounts.addIntegration, icon: <Plus aria-hidden size={15} />, onSelect: onIntegrate }] : []),
    ...(account.profile_url ? [{ label: texts.accounts.profile, icon: <ExternalLink aria-hidden size={15} />, onSelect: () => void window.open(account.profile_url ?? '', '_blank', 'noopener') }] : []),
    ...(onInterval ? [{ label: texts.accounts.interval, icon: <Clock aria-hidden size={15} />, onSelect: onInterval }] : []),
    { label: texts.accounts.alertChannel, icon: <BellRing aria-hidden size={15} />, onSelect: onAlerts },
    ...(needsLogin ? [] : [{ label: texts.accounts.reconnect, icon: <RefreshCw aria-hidden size={15} />, onSelect: onReconnect }]),
    {
      label: state === 'disconnected' ? texts.accounts.remove : texts.accounts.disconnect, danger: true, onSelect: onDisconnect,
      icon: state === 'disconnected' ? <Trash2 aria-hidden size={15} /> : <Link2Off aria-hidden size={15} />,
    },
  ]
  return (
    <article aria-label={account.account_name} className="panel p-3.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="flex min-w-0 grow basis-52 items-center gap-3">
          <Avatar url={account.avatar_url} name={account.account_name} platform={account.platform} />
          <div className="min-w-0">
            <h2 className="truncate font-semibold">{account.account_name}</h2>
            <p className="flex items-center gap-1.5 text-sm text-soft">
              <span className="truncate">{handleOf(account.platform, account.account_handle)}</span>
              <Health account={account} />
            </p>
          </div>
        </div>
        <div className="ml-auto flex items-center gap-2">
          {needsLogin ? (
            <Button kind="primary" icon={<RefreshCw aria-hidden size={15} />} onClick={onReconnect}>{texts.accounts.reconnect}</Button>
          ) : (
            <Button busy={isImporting} disabled={!account.is_active} icon={<Download aria-hidden size={15} />} onClick={() => void begin()}>
              {isImporting ? texts.accounts.importing : texts.accounts.importNow}
            </Button>
          )}
          <Menu items={items} label={`${texts.menu}: ${account.account_name}`} />
          <span aria-hidden className="w-6 text-right text-sm text-soft">{account.is_active ? texts.on : texts.off}</span>
          <Switch checked={account.is_active} disabled={state === 'disconnected'} onChange={(on) => (on ? onResume() : switchOff())} label={texts.accounts.active(account.account_name)} />
        </div>
      </div>
      <AccountTrouble account={account} />
      <AccountFacts account={account} />
      {cost && <div className="mt-2">{cost}</div>}
    </article>
  )
}
