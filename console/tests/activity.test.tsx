import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { SocialActivity, useSocialAccounts } from '../src'
import { account, mount, page, platform, refuse } from './world'

// The viewer's zone, whose days begin after those of UTC.
vi.hoisted(() => { process.env.TZ = 'America/Los_Angeles' })

// A canvas is nothing to jsdom: what is drawn is counted.
const drawn = vi.hoisted(() => ({ made: 0, gone: 0, axes: [] as { values: (plot: unknown, splits: number[]) => string[] }[] }))
vi.mock('uplot', () => ({
  default: class {
    static paths = { bars: () => undefined }
    width = 800
    constructor({ axes }: { axes: typeof drawn.axes }) { drawn.made++; drawn.axes = axes }
    setSize() {}
    destroy() { drawn.gone++ }
  },
}))
window.matchMedia ??= (() => ({ addEventListener() {}, removeEventListener() {} })) as never
beforeEach(() => Object.assign(drawn, { made: 0, gone: 0 }))

const user = userEvent.setup()
const other = { ...account, id: 'a2', platform: 'instagram' }
const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
const log = {
  id: 'l1', account_id: 'a1', import_type: 'scheduled', status: 'completed', code: null, posts_fetched: 7, posts_imported: 3, posts_filtered: 1, posts_posted: 2,
  posts_waiting: 0, messages_posted: 2, quiet_polls: 0, errors: [], started_at: ago(0), completed_at: ago(0), requested_by: null, account,
}
const entry = { id: 'e1', done_at: ago(1), actor: 'administrator', user_id: null, user_name: null, action: 'post_posted_anyway', platform: 'twitter', account_id: 'a1', account_name: 'Acme Example', detail: {} }
const reads = {
  socialAccounts: () => [account, other], socialPlatforms: () => [platform], socialIntegrations: () => [], socialImportLogs: () => page([log]),
  socialPosts: () => page([]), socialCosts: () => [], socialAuditLog: () => page([]),
}
type Args = { account_id?: string; after?: string; started_after?: string; from?: string }
const figures = () => within(screen.getByRole('region', { name: 'Import log' })).getAllByRole('cell').map(({ textContent }) => textContent)
const choose = (name: string) => user.selectOptions(screen.getByRole('combobox', { name: 'Account' }), name)

test('imports are charts, a table for those who do not see them, and a log', async () => {
  const twice = 'channel 0a: The channel is archived: restore it or choose another.'
  mount(<SocialActivity />, {
    ...reads, socialImportLogs: () => page([log, { ...log, id: 'l2', status: 'failed', errors: [twice, twice] }]), socialCosts: () => [{ day: '2000-01-01', platform: 'twitter', usd: '9' }],
  })
  const table = await screen.findByRole('table', { name: 'New posts by day' })
  expect(within(table).getAllByRole('row')).toHaveLength(14)
  expect(within(table).getAllByRole('cell').at(-1)).toHaveTextContent('6')
  expect(screen.getByRole('table', { name: 'Messages of imports by day' })).toBeInTheDocument()
  expect(screen.queryByRole('table', { name: 'Spend by day' })).not.toBeInTheDocument()
  expect(screen.getAllByText(twice)).toHaveLength(2)
  // The 0 would touch the first day.
  await waitFor(() => expect(drawn.axes[1]?.values(undefined, [0, 5, 50_000])).toEqual(['', '5', '50K']))
})

test('defect_an_older_answer_came_over_a_newer_selection', async () => {
  const answers = new Map<string, (logs: unknown) => void>()
  const { asked } = mount(<SocialActivity />, {
    ...reads,
    socialImportLogs: ({ account_id }: Args) => new Promise((then) => answers.set(account_id ?? '', then)),
  } as never)
  const answer = async (account: string, posts_fetched: number) => {
    await waitFor(() => expect(answers.has(account)).toBe(true))
    await act(async () => answers.get(account)?.(page([{ ...log, posts_fetched }])))
  }
  await answer('', 111)
  await waitFor(() => expect(figures()).toContain('111'))
  await choose('Acme Example · X')
  // What was shown is of all accounts, and is not shown any more.
  expect(screen.queryByRole('region', { name: 'Import log' })).not.toBeInTheDocument()
  expect(screen.getByRole('status', { name: 'Loading' })).toBeInTheDocument()
  await choose('Acme Example · Instagram')
  await answer('a2', 222)
  await waitFor(() => expect(figures()).toContain('222'))
  await answer('a1', 333)
  await act(() => new Promise((then) => setTimeout(then, 50)))
  expect(figures()).toContain('222')
  expect(figures()).not.toContain('333')
  expect(asked.filter(({ name, args }) => name === 'socialPosts' && (args as Args).account_id === 'a2')).toHaveLength(1)
})

test('an error belongs to its account, too', async () => {
  mount(<SocialActivity />, { ...reads, socialImportLogs: ({ account_id }: Args) => (account_id === 'a1' ? refuse('internal fault')() : page([log])) } as never)
  await screen.findByRole('region', { name: 'Import log' })
  await choose('Acme Example · X')
  expect(await screen.findByRole('alert')).toHaveTextContent('internal fault')
  await choose('Acme Example · Instagram')
  await screen.findByRole('region', { name: 'Import log' })
  expect(screen.queryByRole('alert')).not.toBeInTheDocument()
})

test('the first day is asked for from its beginning, where the viewer is', async () => {
  const { asked } = mount(<SocialActivity />, reads)
  await screen.findByRole('table', { name: 'New posts by day' })
  const args = (name: string) => asked.find((one) => one.name === name)?.args as Args
  const first = new Date(args('socialImportLogs').started_after ?? '')
  expect([first.getHours(), first.getMinutes()]).toEqual([0, 0])
  expect(first.getUTCHours()).toBeGreaterThan(0)
  expect(args('socialCosts').from).toBe(`${first.getFullYear()}-${String(first.getMonth() + 1).padStart(2, '0')}-${String(first.getDate()).padStart(2, '0')}`)
})

test('defect_charts_were_made_and_never_destroyed', async () => {
  let polls = 0
  const Again = () => {
    const { refetch } = useSocialAccounts()
    return <button onClick={() => void refetch()}>Again</button>
  }
  const { unmount } = mount(<><SocialActivity /><Again /></>, { ...reads, socialAccounts: () => [{ ...account, next_poll_at: `2099-01-01T00:00:${10 + polls++}Z` }, other] })
  await screen.findByRole('table', { name: 'New posts by day' })
  await waitFor(() => expect(drawn.made).toBe(4))
  // Accounts are read again and change; the charts do not.
  const before = polls
  await user.click(screen.getByRole('button', { name: 'Again' }))
  await waitFor(() => expect(polls).toBeGreaterThan(before))
  await act(() => new Promise((then) => setTimeout(then, 50)))
  expect([drawn.made, drawn.gone]).toEqual([4, 0])
  await user.selectOptions(screen.getByRole('combobox', { name: 'Days' }), '30 days')
  await waitFor(() => expect([drawn.made, drawn.gone]).toEqual([8, 4]))
  document.documentElement.classList.add('dark')
  await waitFor(() => expect([drawn.made, drawn.gone]).toEqual([12, 8]))
  document.documentElement.classList.remove('dark')
  await waitFor(() => expect([drawn.made, drawn.gone]).toEqual([16, 12]))
  unmount()
  expect(drawn.gone).toBe(drawn.made)
})

test('money is shown against the budget of the day', async () => {
  const cost = { today_usd: '0.45', month_usd: '3', forecast_month_usd: '9' }
  mount(<SocialActivity />, { ...reads, socialPlatforms: () => [{ ...platform, billing: { post_usd: '0.005', user_usd: '0.01', daily_budget_usd: '0.50', cost } }] })
  const meter = await screen.findByRole('meter', { name: '$0.45 of the daily budget of $0.50' })
  expect(meter).toHaveAttribute('aria-valuenow', '90')
})

test('changes say who made them, as far as it is known', async () => {
  let isBroken = true
  const entries = [
    entry, { ...entry, id: 'e2', user_id: 'u1' }, { ...entry, id: 'e3', user_id: 'u2', user_name: 'Ada Example', action: 'account_connected' },
    { ...entry, id: 'e4', actor: 'platform', action: 'access_revoked' },
  ]
  mount(<SocialActivity />, {
    ...reads,
    socialAuditLog: ({ after }: Args) => (!after ? page(entries, true) : isBroken ? refuse('internal fault')() : page([{ ...entry, id: 'e5', actor: 'service', action: 'deletion_completed' }])),
  } as never)
  const changes = await screen.findByRole('list', { name: 'Changes' })
  const told = () => within(changes).getAllByRole('listitem').map((item) => item.textContent?.replace(/^.*Acme Example|(1 hour ago)$/g, ''))
  const first = ['The operator posted a post anyway', 'An administrator posted a post anyway', 'Ada Example connected the account', 'The platform ended the access']
  expect(told()).toEqual(first)
  // A page that fails is told, and what is shown stays.
  await user.click(screen.getByRole('button', { name: 'Load more' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('internal fault')
  expect(told()).toEqual(first)
  isBroken = false
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(told()).toEqual([...first, 'This service deleted what was asked for']))
  expect(screen.queryByRole('alert')).not.toBeInTheDocument()
})
