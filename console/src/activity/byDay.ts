import type { LogFieldsFragment } from '../gql/graphql'

/** Sums of one day of the viewer's calendar. */
export interface Day { at: number; polls: number; posts: number; posted: number; errors: number }

/** The log by days, oldest first, days without an entry included. */
export function byDay(logs: LogFieldsFragment[], days: number, now: number): Day[] {
  const midnight = (at: number, back = 0) => {
    const date = new Date(at)
    return new Date(date.getFullYear(), date.getMonth(), date.getDate() - back).getTime()
  }
  const sums = new Map<number, Day>()
  for (let back = days - 1; back >= 0; back--) {
    const at = midnight(now, back)
    sums.set(at, { at, polls: 0, posts: 0, posted: 0, errors: 0 })
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
  return [...sums.values()]
}
