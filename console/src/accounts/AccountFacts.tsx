import type { ReactNode } from 'react'
import type { Account } from '../data/hooks'
import { inWords, texts } from '../texts'
import { Ago, inUnits, Lasting, useNow } from '../ui/time'

/** What is known of an account, fact by fact. */
export function AccountFacts({ account }: { account: Account }) {
  const says = texts.accounts
  return (
    <dl className="mt-3 grid grid-cols-2 gap-x-6 gap-y-2 border-t pt-3 text-sm sm:grid-cols-3 lg:grid-cols-5">
      <Fact name={says.lastPoll}>{account.last_poll_time ? <Ago at={account.last_poll_time} /> : says.never}</Fact>
      <Fact name={says.nextPoll}><NextPoll account={account} /></Fact>
      <Fact name={says.expires}><Expiry account={account} /></Fact>
      <Fact name={says.channels}><Channels account={account} /></Fact>
      <Fact name={says.alerts}><AlertChannel account={account} /></Fact>
    </dl>
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

const WEEK_MS = 7 * 86_400_000

/** When the login ends for good, where the platform sets such an end. */
function Expiry({ account }: { account: Account }) {
  const now = useNow()
  if (!account.is_connected) return <>{texts.health.disconnected}</>
  if (account.health === 'needs_reconnect') return <span className="text-bad">{texts.accounts.renewedByYou}</span>
  const ends = account.login_ends_at
  if (!ends) return <>{texts.accounts.renews}</>
  const left = Date.parse(ends) - now
  return <Ago at={ends} says={left > 0 ? texts.accounts.ends : texts.accounts.ended} className={left < WEEK_MS ? 'text-warn' : ''} />
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

function AlertChannel({ account: { alert_channel_id, alert_channel } }: { account: Account }) {
  if (!alert_channel_id) return <span className="text-soft">{texts.accounts.alertsUsual}</span>
  return alert_channel ? <>#{alert_channel.name}</> : <span className="text-bad">{texts.integrations.channelGone}</span>
}

/** What is wrong, for how long, and who does what about it: in the service's words. */
export function AccountTrouble({ account }: { account: Account }) {
  const { health_message, health_action, health_since, missing_scopes } = account
  if (!health_message && missing_scopes.length === 0) return null
  const grave = account.health === 'needs_reconnect'
  return (
    <div role={grave ? 'alert' : undefined} className={`mt-3 rounded-md px-3 py-2 text-sm ${grave ? 'bg-bad/10' : 'bg-warn/10'}`}>
      {health_message && (
        <>
          <p className="break-words first-letter:uppercase">
            <span className={`font-medium ${grave ? 'text-bad' : 'text-warn'}`}>{health_message}</span>
            {health_since && <span className="text-soft"> · <Lasting at={health_since} says={texts.accounts.healthFor} /></span>}
          </p>
          <p className="mt-0.5 break-words text-soft">{health_action}</p>
        </>
      )}
      {missing_scopes.length > 0 && (
        <p className="mt-0.5">{texts.accounts.missing(missing_scopes.map(({ feature, scope }) => `${feature} (${scope})`).join(', '))}</p>
      )}
    </div>
  )
}
