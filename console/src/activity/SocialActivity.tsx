import { useApolloClient } from '@apollo/client'
import { Activity } from 'lucide-react'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { sentence } from '../data/act'
import { Logs } from '../data/documents'
import { usePlatforms, useSocialAccounts, type Account } from '../data/hooks'
import { useOnImport, usePollInterval } from '../data/live'
import type { LogFieldsFragment } from '../gql/graphql'
import { texts } from '../texts'
import { Mark } from '../ui/brand'
import { Badge, Empty, Select, Skeleton, Trouble } from '../ui/parts'
import { Root } from '../ui/root'
import { distance, useNow } from '../ui/time'
import { AuditTable } from './AuditTable'
import { byDay } from './byDay'
import { LogTable } from './LogTable'

const Charts = lazy(() => import('./Charts'))

/** What the service did: imports as charts and as a table, the platforms' limits, and who changed what. */
export function SocialActivity() {
  return <Root><Overview /></Root>
}

const PERIODS = [7, 14, 30, 90]
const DAY_MS = 86_400_000
const PAGE = 200
/** Charts are drawn from at most so many entries. */
const MOST = 2_000

function useLogs(days: number, account: string) {
  const client = useApolloClient()
  const [state, setState] = useState<{ logs: LogFieldsFragment[]; isPart: boolean }>()
  const [error, setError] = useState<Error>()
  const read = useCallback(async () => {
    const since = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - (days - 1) * DAY_MS).toISOString()
    const logs: LogFieldsFragment[] = []
    let after: string | null | undefined
    try {
      do {
        const { data } = await client.query({
          query: Logs, fetchPolicy: 'no-cache', variables: { started_after: since, account_id: account || null, first: PAGE, after },
        })
        logs.push(...data.socialImportLogs.nodes)
        const { has_next_page, end_cursor } = data.socialImportLogs.page_info
        after = has_next_page ? end_cursor : null
      } while (after && logs.length < MOST)
      setState({ logs, isPart: !!after })
      setError(undefined)
    } catch (fault) {
      setError(fault as Error)
    }
  }, [client, days, account])
  useEffect(() => void read(), [read])
  return { ...state, error, read }
}

function Overview() {
  const [days, setDays] = useState(14)
  const [account, setAccount] = useState('')
  const { accounts } = useSocialAccounts()
  const { logs, isPart, error, read } = useLogs(days, account)
  const interval = usePollInterval()
  useOnImport(() => void read())
  useEffect(() => {
    const timer = setInterval(() => void read(), interval)
    return () => clearInterval(timer)
  }, [read, interval])
  const says = texts.activity
  return (
    <section aria-label={texts.tabs.activity} className="grid gap-6">
      <Budgets accounts={accounts ?? []} />
      <div>
        <header className="mb-3 flex flex-wrap items-center gap-2">
          <h2 className="mr-auto text-[0.95rem] font-semibold">{says.imports}</h2>
          <Select aria-label={texts.history.account} value={account} onChange={(event) => setAccount(event.target.value)} className="!w-auto max-w-44">
            <option value="">{texts.history.allAccounts}</option>
            {accounts?.map(({ id, account_name }) => <option key={id} value={id}>{account_name}</option>)}
          </Select>
          <Select aria-label={says.days} value={days} onChange={(event) => setDays(Number(event.target.value))} className="!w-auto">
            {PERIODS.map((period) => <option key={period} value={period}>{period} {says.days.toLowerCase()}</option>)}
          </Select>
        </header>
        {error && <div className="mb-3"><Trouble message={sentence(error)} onRetry={() => void read()} /></div>}
        {!logs && !error && <Skeleton rows={1} className="h-44" />}
        {logs?.length === 0 && <Empty icon={<Activity aria-hidden size={28} />} title={says.none} hint={says.noneHint} />}
        {!!logs?.length && (
          <div className="grid gap-3">
            <Suspense fallback={<Skeleton rows={1} className="h-44" />}><Charts days={byDay(logs, days, Date.now())} /></Suspense>
            {isPart && <p className="text-sm text-soft">{says.truncated(logs.length)}</p>}
            <LogTable logs={logs} />
          </div>
        )}
      </div>
      <AuditTable />
    </section>
  )
}

/** How each platform stands: how often it is read, and who waits for it. */
function Budgets({ accounts }: { accounts: Account[] }) {
  const { platforms } = usePlatforms()
  const now = useNow()
  if (!platforms) return null
  return (
    <div>
      <h2 className="mb-3 text-[0.95rem] font-semibold">{texts.activity.budgets}</h2>
      <ul className="grid gap-2.5 sm:grid-cols-3">
        {platforms.map(({ platform, is_configured, poll_interval_seconds }) => {
          const own = accounts.filter((account) => account.platform === platform && account.is_connected)
          const held = own.filter(({ hold_until }) => hold_until && Date.parse(hold_until) > now)
          const until = held.map(({ hold_until }) => hold_until ?? '').sort().at(-1)
          return (
            <li key={platform} className="panel p-3">
              <p className="flex items-center gap-2 font-medium"><Mark platform={platform} size={15} />{texts.platform[platform]}</p>
              <p className="mt-1 text-sm text-soft">
                {is_configured ? texts.activity.platform(own.length, Math.round(poll_interval_seconds / 60)) : texts.accounts.notConfigured}
              </p>
              <p className="mt-1.5">
                {until ? <Badge tint="warn">{texts.activity.accountsWaiting(held.length)} · {distance(until, now)}</Badge>
                  : is_configured && <Badge tint="good">{texts.activity.free}</Badge>}
              </p>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
