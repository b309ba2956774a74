import { Activity } from 'lucide-react'
import { lazy, Suspense, useMemo, useState } from 'react'
import { sentence } from '../data/act'
import { useSocialAccounts, type Account } from '../data/hooks'
import { AccountSelect } from '../history/AccountSelect'
import { texts } from '../texts'
import { Empty, Select, Skeleton, Trouble } from '../ui/parts'
import { Root } from '../ui/root'
import { AuditTable } from './AuditTable'
import { byDay } from './byDay'
import { LogTable } from './LogTable'
import { Platforms } from './Platforms'
import { useLogs } from './useLogs'

const Charts = lazy(() => import('./Charts'))

/** What the service did: imports as charts and as a table, the platforms' limits, and who changed what. */
export function SocialActivity() {
  return <Root><Overview /></Root>
}

const PERIODS = [7, 14, 30, 90]

function Overview() {
  const { accounts } = useSocialAccounts()
  return (
    <section aria-label={texts.tabs.activity} className="grid gap-6">
      <Platforms accounts={accounts ?? []} />
      <Imports accounts={accounts} />
      <AuditTable />
    </section>
  )
}

function Imports({ accounts }: { accounts: Account[] | undefined }) {
  const [days, setDays] = useState(14)
  const [account, setAccount] = useState('')
  const { known, error, refetch } = useLogs(days, account)
  // Accounts are read again and again; when they were connected stays, and so do the charts.
  const connected = JSON.stringify(accounts?.map(({ id, created_at }) => [id, created_at]) ?? [])
  const sums = useMemo(() => {
    if (!known) return []
    const since = new Map(JSON.parse(connected) as [string, string][])
    // Taking stock of a new account brings old posts, which are not late.
    const arrivals = known.arrivals.filter(({ account_id, posted_at }) => Date.parse(posted_at) > Date.parse(since.get(account_id) ?? ''))
    return byDay({ ...known, arrivals }, days, known.at)
  }, [known, connected, days])
  const says = texts.activity
  return (
    <div>
      <header className="mb-3 flex flex-wrap items-center gap-2">
        <h2 className="mr-auto text-[0.95rem] font-semibold">{says.imports}</h2>
        <AccountSelect accounts={accounts} value={account} onChange={setAccount} className="!w-auto max-w-44" />
        <Select aria-label={says.days} value={days} onChange={(event) => setDays(Number(event.target.value))} className="!w-auto">
          {PERIODS.map((period) => <option key={period} value={period}>{says.period(period)}</option>)}
        </Select>
      </header>
      {error && <div className="mb-3"><Trouble message={sentence(error)} onRetry={refetch} /></div>}
      {!known && !error && <Skeleton rows={1} className="h-44" />}
      {known?.logs.length === 0 && <Empty icon={<Activity aria-hidden size={28} />} title={says.none} hint={says.noneHint} />}
      {!!known?.logs.length && (
        <div className="grid gap-3">
          <Suspense fallback={<Skeleton rows={1} className="h-44" />}><Charts days={sums} /></Suspense>
          {known.isPart && <p className="text-sm text-soft">{says.truncated(known.logs.length)}</p>}
          <LogTable logs={known.logs} />
        </div>
      )}
    </div>
  )
}
