import { CostLine, dollars } from '../accounts/Cost'
import { usePlatforms, type Account } from '../data/hooks'
import { texts } from '../texts'
import { Mark } from '../ui/brand'
import { Badge } from '../ui/parts'
import { distance, useNow } from '../ui/time'

/** How each platform stands: how often it is read, what is used of its limits, and who waits for it. */
export function Platforms({ accounts }: { accounts: Account[] }) {
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
              {standing.usage_percent != null && <Meter label={texts.accounts.usage(standing.usage_percent)} percent={standing.usage_percent} />}
              {billing && (
                <div className="mt-1.5">
                  <CostLine cost={billing.cost} />
                  {billing.daily_budget_usd && (
                    <Meter
                      label={texts.activity.budget(dollars(billing.cost.today_usd), dollars(billing.daily_budget_usd))}
                      percent={share(billing.cost.today_usd, billing.daily_budget_usd)}
                    />
                  )}
                </div>
              )}
            </li>
          )
        })}
      </ul>
    </div>
  )
}

/** In percent; a budget of nothing is used up. */
const share = (part: string, whole: string) => (Number(whole) > 0 ? (100 * Number(part)) / Number(whole) : 100)

/** How much of a limit is used, and how much that is in words. */
function Meter({ label, percent }: { label: string; percent: number }) {
  const most = Math.min(100, Math.max(0, percent))
  return (
    <div className="mt-1.5">
      <div role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(most)} className="h-1.5 overflow-hidden rounded bg-raised">
        <div className={`h-full ${most >= 80 ? 'bg-bad' : 'bg-accent'}`} style={{ width: `${most}%` }} />
      </div>
      <p className="mt-0.5 text-sm text-soft">{label}</p>
    </div>
  )
}
