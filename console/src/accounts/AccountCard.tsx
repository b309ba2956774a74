import { CircleAlert, CircleCheck, CirclePause, CircleX, Clock, Download, ExternalLink, Link2Off, List, Plus, RefreshCw, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { useAct } from '../data/act'
import { SetActive } from '../data/documents'
import type { Account } from '../data/hooks'
import { inWords, texts } from '../texts'
import { handleOf } from '../ui/brand'
import { Avatar } from '../ui/avatar'
import { Button } from '../ui/button'
import { Badge, Menu, Switch, type Item, type Tint } from '../ui/parts'
import { Ago, inUnits, useNow } from '../ui/time'
import { useImport } from './useImport'

interface Props {
  account: Account
  onReconnect: () => void
  onDisconnect: () => void
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

export function AccountCard({ account, onReconnect, onDisconnect, onInterval, onShowPosts, onIntegrate, cost }: Props) {
  const [setActive] = useAct(SetActive, 'socialSetAccountActive', ['active', 'inactive'])
  const { isImporting, begin } = useImport(account)
  const state = stateOf(account)
  const needsLogin = state === 'needs_reconnect' || state === 'disconnected'

  const toggle = (is_active: boolean) => void setActive(
    { input: { id: account.id, is_active } },
    // Shown at once; when the service says otherwise, Apollo takes it back.
    {
      optimisticResponse: {
        socialSetAccountActive: {
          __typename: 'SocialSetAccountActivePayload', status: is_active ? 'active' : 'inactive', message: '', account: { ...account, is_active },
        },
      } as never,
    },
  )
  const items: Item[] = [
    ...(onShowPosts ? [{ label: texts.accounts.posts, icon: <List aria-hidden size={15} />, onSelect: onShowPosts }] : []),
    ...(onIntegrate ? [{ label: texts.accounts.addIntegration, icon: <Plus aria-hidden size={15} />, onSelect: onIntegrate }] : []),
    ...(account.profile_url ? [{ label: texts.accounts.profile, icon: <ExternalLink aria-hidden size={15} />, onSelect: () => void window.open(account.profile_url ?? '', '_blank', 'noopener') }] : []),
    ...(onInterval ? [{ label: texts.accounts.interval, icon: <Clock aria-hidden size={15} />, onSelect: onInterval }] : []),
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
          <Switch checked={account.is_active} disabled={state === 'disconnected'} onChange={toggle} label={texts.accounts.active(account.account_name)} />
        </div>
      </div>
      {(account.health_message || account.missing_scopes.length > 0) && <Trouble account={account} />}
      <dl className="mt-3 grid grid-cols-2 gap-x-6 gap-y-2 border-t pt-3 text-sm sm:grid-cols-4">
        <Fact name={texts.accounts.lastPoll}>{account.last_poll_time ? <Ago at={account.last_poll_time} /> : texts.accounts.never}</Fact>
        <Fact name={texts.accounts.nextPoll}><NextPoll account={account} /></Fact>
        <Fact name={texts.accounts.expires}><Expiry account={account} /></Fact>
        <Fact name={texts.accounts.channels}><Channels account={account} /></Fact>
      </dl>
      {cost && <div className="mt-2">{cost}</div>}
    </article>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="min-w-0"><dt className="text-faint">{name}</dt><dd className="break-words">{children}</dd></div>
)

function NextPoll({ account }: { account: Account }) {
  const now = useNow()
  if (!account.is_connected) return <>{texts.accounts.atLogin}</>
  if (!account.is_active) return <>{texts.accounts.off}</>
  if (account.is_polling) return <>{texts.accounts.now}</>
  if (account.health === 'needs_reconnect') return <>{texts.accounts.atLogin}</>
  const due = account.hold_until && account.hold_until > account.next_poll_at ? account.hold_until : account.next_poll_at
  return (
    <>
      {Date.parse(due) <= now ? texts.accounts.now : <Ago at={due} />}
      <span className="text-soft"> · {account.next_poll_reason === 'interval' ? texts.interval.every(inUnits(account.poll_interval_s)) : inWords(texts.pollReason, account.next_poll_reason)}</span>
    </>
  )
}

const DAY_MS = 86_400_000

/** A login that lasts hours is renewed by itself; one that lasts days is worth a countdown. */
function Expiry({ account }: { account: Account }) {
  const now = useNow()
  if (!account.is_connected) return <>{texts.health.disconnected}</>
  if (account.health === 'needs_reconnect') return <span className="text-bad">{texts.accounts.renewedByYou}</span>
  const ends = account.token_expires_at
  if (!ends) return <>{texts.accounts.renews}</>
  const left = Date.parse(ends) - now
  if (left < DAY_MS) return <>{texts.accounts.renews}</>
  const tint = left < 7 * DAY_MS ? 'text-warn' : ''
  return <span className={tint}>{texts.accounts.expiresIn('')}<Ago at={ends} /></span>
}

function Channels({ account }: { account: Account }) {
  if (account.integrations.length === 0) return <span className="text-soft">{texts.accounts.noChannels}</span>
  return (
    <>
      {account.integrations.map(({ id, channel, auto_post }, at) => (
        <span key={id}>
          {at > 0 && ', '}
          {channel ? `#${channel.name}` : texts.integrations.channelGone}
          {!auto_post && <span className="text-soft"> {texts.accounts.recordedOnly}</span>}
        </span>
      ))}
    </>
  )
}

/** What is wrong, since when, and who does what about it. */
function Trouble({ account }: { account: Account }) {
  const grave = account.health === 'needs_reconnect'
  const next = account.health_code ? texts.nextStep[account.health_code] : undefined
  return (
    <div role={grave ? 'alert' : undefined} className={`mt-3 rounded-md px-3 py-2 text-sm ${grave ? 'bg-bad/10' : 'bg-warn/10'}`}>
      {account.health_message && (
        <p className="break-words first-letter:uppercase">
          <span className={`font-medium ${grave ? 'text-bad' : 'text-warn'}`}>{account.health_message}</span>
          {account.health_since && <span className="text-soft"> · {texts.accounts.healthSince('')}<Ago at={account.health_since} /></span>}
        </p>
      )}
      {account.health_message && next && <p className="mt-0.5 text-soft">{next}</p>}
      {account.missing_scopes.length > 0 && (
        <p className="mt-0.5">{texts.accounts.missing(account.missing_scopes.map(({ feature, scope }) => `${feature} (${scope})`).join(', '))}</p>
      )}
    </div>
  )
}
