import type { LogFieldsFragment } from '../gql/graphql'

/** Sums of one day of the viewer's calendar. */
export interface Day { at: number; polls: number; posts: number; posted: number; errors: number; spend: number; lateness: number }

interface Logged { logs: LogFieldsFragment[]; costs: { day: string; usd: string }[]; arrivals: { posted_at: string; imported_at: string }[] }

/** The midnight of the viewer's calendar before a moment, or so many days before that one. */
export function midnight(at: number, back = 0) {
  const date = new Date(at)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - back).getTime()
}

/** A day of the viewer's calendar as the service writes days. */
export function dateOf(at: number) {
  const date = new Date(at)
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-')
}

/** The log by days, oldest first, days without an entry included. */
export function byDay({ logs, costs, arrivals }: Logged, days: number, now: number): Day[] {
  const sums = new Map<number, Day>()
  for (let back = days - 1; back >= 0; back--) {
    const at = midnight(now, back)
    sums.set(at, { at, polls: 0, posts: 0, posted: 0, errors: 0, spend: 0, lateness: 0 })
  }
  for (const log of logs) {
    const day = sums.get(midnight(Date.parse(log.started_at)))
    if (!day) continue
    // Quiet polls have no entry of their own; the next entry counts them.
    day.polls += 1 + log.quiet_polls
    day.posts += log.posts_imported
    day.posted += log.messages_posted
    if (log.status === 'failed') day.errors += 1
  }
  // Days of the bill begin at midnight UTC; each counts for the viewer's day of the same date.
  for (const { day, usd } of costs) {
    const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
    const sum = sums.get(new Date(year, month - 1, date).getTime())
    if (sum) sum.spend += Number(usd)
  }
  const late = new Map<Day, number[]>()
  for (const { posted_at, imported_at } of arrivals) {
    const day = sums.get(midnight(Date.parse(imported_at)))
    if (!day) continue
    const minutes = (Date.parse(imported_at) - Date.parse(posted_at)) / 60_000
    late.get(day)?.push(minutes) ?? late.set(day, [minutes])
  }
  for (const [day, minutes] of late) day.lateness = median(minutes)
  return [...sums.values()]
}

/** The middle one; one post that came days late says nothing of the others. */
export function median(values: number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? 0
  return sorted.length % 2 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2
}
