import { act, screen } from '@testing-library/react'
import { SocialAccountManager, SocialLive, SocialPostHistory } from '../src'
import { pauseMs, type Socket } from '../src/data/live'
import { account, mount, page, platform, post, refuse } from './world'

const settle = (ms = 0) => act(() => vi.advanceTimersByTimeAsync(ms))
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const log = {
  __typename: 'SocialImportLog', id: 'l1', account_id: 'a1', import_type: 'scheduled', status: 'completed', code: null, posts_fetched: 0, posts_imported: 0, posts_filtered: 0,
  posts_posted: 0, posts_waiting: 0, messages_posted: 0, quiet_polls: 0, errors: [], started_at: '2026-11-22T12:00:00Z', completed_at: null,
  account: { __typename: 'SocialAccount', id: 'a1', platform: 'twitter', account_name: 'Acme Example' },
}

function watching() {
  const watchers: Parameters<NonNullable<Parameters<typeof mount>[2]>>[0][] = []
  const listeners = new Map<string, () => void>()
  const socket: Socket = {
    on: (event, listener) => {
      listeners.set(event, listener)
      return () => void listeners.delete(event)
    },
  }
  const { asked } = mount(
    <SocialLive socket={socket}><SocialAccountManager /></SocialLive>,
    { socialAccounts: () => [account], socialPlatforms: () => [platform] },
    (watcher) => void watchers.push(watcher),
  )
  const reads = () => asked.filter(({ name }) => name === 'socialAccounts').length
  return { watchers, reads, tell: (event: string) => act(() => listeners.get(event)?.()) }
}

test('a storm of imports is one look', async () => {
  const { watchers, reads, tell } = watching()
  tell('connected')
  await settle(1_000)
  const before = reads()
  act(() => { for (let at = 0; at < 60; at++) watchers[0]!.next({ data: { socialImportActivity: { ...log, id: `l${at}` } } }) })
  await settle(1_000)
  expect(reads()).toBe(before + 1)
})

test('imports that do not end are looked at all the same', async () => {
  const { watchers, reads, tell } = watching()
  tell('connected')
  await settle(1_000)
  const before = reads()
  for (let at = 0; at < 50; at++) {
    act(() => watchers[0]!.next({ data: { socialImportActivity: { ...log, id: `l${at}` } } }))
    await settle(100)
  }
  expect(reads() - before).toBeGreaterThanOrEqual(2)
  expect(reads() - before).toBeLessThan(5)
})

test('while the socket is closed the page looks by itself, and at once when it is back', async () => {
  const { reads, tell } = watching()
  tell('connected')
  await settle(6_000)
  let before = reads()
  await settle(30_000)
  expect(reads()).toBe(before)
  tell('closed')
  await settle(21_000)
  expect(reads()).toBe(before + 2)
  before = reads()
  tell('connected')
  await settle(1_000)
  expect(reads()).toBe(before + 1)
})

test('when the browser is online again, everything is read again', async () => {
  const { reads, tell } = watching()
  tell('connected')
  await settle(1_000)
  const before = reads()
  act(() => void window.dispatchEvent(new Event('online')))
  await settle(1_000)
  expect(reads()).toBe(before + 1)
})

test('defect_what_was_missed_ended_the_watch', async () => {
  const { watchers, reads, tell } = watching()
  tell('connected')
  await settle(1_000)
  const before = reads()
  act(() => watchers[0]!.next({ data: null, errors: [{ message: 'missed 3', extensions: { code: 'missed' } }] as never }))
  await settle(1_000)
  expect(reads()).toBe(before + 1)
  act(() => watchers[0]!.next({ data: { socialImportActivity: log } }))
  await settle(1_000)
  expect(reads()).toBe(before + 2)
  expect(watchers).toHaveLength(1)
})

test.each(['error', 'complete'] as const)('a watch that ends by %s is begun again, ever more slowly', async (how) => {
  const { watchers, tell } = watching()
  tell('connected')
  await settle()
  const ends = async (soonest: number, latest: number) => {
    const before = watchers.length
    act(() => (how === 'error' ? watchers.at(-1)!.error(new Error('gone')) : watchers.at(-1)!.complete()))
    await settle(soonest - 10)
    expect(watchers).toHaveLength(before)
    await settle(latest - soonest + 20)
    expect(watchers).toHaveLength(before + 1)
  }
  await ends(500, 1_000)
  await ends(1_000, 2_000)
  await ends(2_000, 4_000)
  // It stands again.
  await settle(6_000)
  await ends(500, 1_000)
  expect(pauseMs(100)).toBeLessThanOrEqual(30_000)
})

test('defect_a_page_that_failed_was_asked_for_without_end', async () => {
  let works = false
  const { asked } = mount(<SocialPostHistory height="600px" />, {
    socialAccounts: () => [account], socialIntegrations: () => [],
    socialPosts: ({ after }) => (!after ? page([post], true) : works ? page([{ ...post, id: 'p2', content: 'The second page' }]) : refuse('internal fault')()),
  })
  const further = () => asked.filter(({ name, args }) => name === 'socialPosts' && (args as { after: unknown }).after).length
  for (let tries = 0; tries < 50 && !screen.queryByRole('alert'); tries++) await settle(100)
  expect(screen.getByRole('alert')).toHaveTextContent('internal fault')
  expect(further()).toBe(1)
  await settle(5_000)
  expect(further()).toBe(1)
  works = true
  await act(async () => screen.getByRole('button', { name: 'Try again' }).click())
  for (let tries = 0; tries < 50 && !screen.queryByText('The second page'); tries++) await settle(100)
  expect(further()).toBe(2)
  expect(screen.getByText('The second page')).toBeInTheDocument()
})
