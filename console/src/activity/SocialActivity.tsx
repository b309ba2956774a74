import { useApolloClient } from '@apollo/client'
import { Activity } from 'lucide-react'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { CostLine, dollars } from '../accounts/Cost'
import { sentence } from '../data/act'
import { Arrivals, Costs, Logs } from '../data/documents'
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

interface Known { logs: LogFieldsFragment[]; costs: { day: string; usd: string }[]; arrivals: Arrival[]; isPart: boolean }
interface Arrival { account_id: string; posted_at: string; imported_at: string }
interface Paged<Node> { nodes: Node[]; page_info: { has_next_page: boolean; end_cursor?: string | null } }

/** Reads page after page, until enough. */
async function every<Node>(read: (after: string | undefined) => Promise<Paged<Node>>) {
  const nodes: Node[] = []
  let after: string | undefined
  do {
    const page = await read(after)
    nodes.push(...page.nodes)
    after = page.page_info.has_next_page ? (page.page_info.end_cursor ?? undefined) : undefined
  } while (after && nodes.length < MOST)
  return { nodes, isPart: !!after }
}

function useLogs(days: number, account: string) {
  const client = useApolloClient()
  const [state, setState] = useState<Known>()
  const [error, setError] = useState<Error>()
  const read = useCallback(async () => {
    const since = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - (days - 1) * DAY_MS).toISOString()
    const account_id = account || null
    const fetchPolicy = 'no-cache'
    try {
      const [logs, arrivals, costs] = await Promise.all([
        every(async (after) => (await client.query({ query: Logs, fetchPolicy, variables: { started_after: since, account_id, first: PAGE, after } })).data.socialImportLogs),
        every(async (after) => (await client.query({ query: Arrivals, fetchPolicy, variables: { posted_after: since, account_id, first: PAGE, after } })).data.socialPosts),
        client.query({ query: Costs, fetchPolicy, variables: { from: since.slice(0, 10), account_id } }),
      ])
      setState({ logs: logs.nodes, arrivals: arrivals.nodes, costs: costs.data.socialCosts, isPart: logs.isPart || arrivals.isPart })
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
  const { logs, costs = [], arrivals = [], isPart, error, read } = useLogs(days, account)
  const since = new Map(accounts?.map(({ id, created_at }) => [id, created_at]))
  // Taking stock of a new account brings old posts, which are not late.
  const fresh = arrivals.filter(({ account_id, posted_at }) => Date.parse(posted_at) > Date.parse(since.get(account_id) ?? ''))
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
            <Suspense fallback={<Skeleton rows={1} className="h-44" />}><Charts days={byDay({ logs, costs, arrivals: fresh }, days, Date.now())} /></Suspense>
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
        {platforms.map(({ platform, is_configured, poll_interval_seconds, standing, billing }) => {
          const own = accounts.filter((account) => account.platform === platform && account.is_connected)
          const held = own.filter(({ hold_until }) => hold_until && Date.parse(hold_until) > now)
          const until = held.map(({ hold_until }) => hold_until ?? '').sort().at(-1)
          return (
            <li key={platform} className="panel p-3">
              <p className="flex items-center gap-2 font-medium"><Mark platform={platform} size={15} silent />{texts.platform[platform]}</p>
              <p className="mt-1 text-sm text-soft">
                {is_configured ? texts.activity.platform(own.length, Math.round(poll_interval_seconds / 60)) : texts.accounts.notConfigured}
              </p>
              <p className="mt-1.5">
                {standing.is_stopped ? <Badge tint="bad">{texts.activity.stopped}{standing.hold_until && ` · ${distance(standing.hold_until, now)}`}</Badge>
                  : until ? <Badge tint="warn">{texts.activity.accountsWaiting(held.length)} · {distance(until, now)}</Badge>
                  : is_configured && <Badge tint="good">{texts.activity.free}</Badge>}
              </p>
              {standing.is_stopped && standing.message && <p className="mt-1 text-sm">{standing.message}</p>}
              {standing.usage_percent != null && <Usage percent={standing.usage_percent} />}
              {billing && (
                <div className="mt-1.5">
                  <CostLine cost={billing.cost} />
                  {billing.daily_budget_usd && <p className="text-sm text-soft">{texts.activity.budget(dollars(billing.daily_budget_usd))}</p>}
                </div>
              )}
            </li>
          )
        })}
      </ul>
    </div>
  )
}

function Usage({ percent }: { percent: number }) {
  const most = Math.min(100, Math.max(0, percent))
  return (
    <div className="mt-1.5">
      <div role="meter" aria-label={texts.accounts.usage(percent)} aria-valuemin={0} aria-valuemax={100} aria-valuenow={most} className="h-1.5 overflow-hidden rounded bg-raised">
        <div className={`h-full ${most >= 80 ? 'bg-bad' : 'bg-accent'}`} style={{ width: `${most}%` }} />
      </div>
      <p className="mt-0.5 text-sm text-soft">{texts.accounts.usage(percent)}</p>
    </div>
  )
}
