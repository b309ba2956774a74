import { byDay, median } from '../src/activity/byDay'
import { inFull, inUnits } from '../src/ui/time'

// The viewer's zone, thirteen hours ahead of UTC in November.
vi.hoisted(() => { process.env.TZ = 'Pacific/Auckland' })
const now = Date.parse('2026-11-22T12:00:00Z')
const log = { posts_imported: 2, messages_posted: 1, quiet_polls: 3, status: 'completed' }
const of = (logged: Partial<Parameters<typeof byDay>[0]>) => byDay({ logs: [], costs: [], arrivals: [], ...logged }, 3, now)

test('days are those of the viewer’s calendar', () => {
  const logs = [{ ...log, started_at: '2026-11-21T10:30:00Z' }, { ...log, started_at: '2026-11-21T11:30:00Z', status: 'failed' }] as never
  expect(of({ logs }).map(({ polls, posts, errors }) => [polls, posts, errors])).toEqual([[4, 2, 0], [4, 2, 1], [0, 0, 0]])
  expect(inFull('2026-11-21T11:30:00Z')).toMatch(/Nov 22, 2026.*12:30/)
})

test('a day of the bill counts for the day of the same date, and what is outside counts for none', () => {
  const costs = [{ day: '2026-11-22', usd: '0.015' }, { day: '2026-11-22', usd: '0.005' }, { day: '2020-01-01', usd: '9' }]
  expect(of({ costs }).map(({ spend }) => spend)).toEqual([0, expect.closeTo(0.02), 0])
})

test('lateness is the median of the day on which posts arrived', () => {
  const arrivals = [2, 4, 9000].map((minutes) => ({ posted_at: new Date(now - minutes * 60_000).toISOString(), imported_at: new Date(now).toISOString() }))
  expect(of({ arrivals }).map(({ lateness }) => lateness)).toEqual([0, 0, 4])
  expect([median([]), median([3]), median([1, 2])]).toEqual([0, 3, 1.5])
})

test('lengths are told in the largest unit without rest', () => {
  expect([45, 60, 300, 5400, 7200, 86_400].map(inUnits)).toEqual(['45 seconds', '1 minute', '5 minutes', '90 minutes', '2 hours', '1 day'])
})
