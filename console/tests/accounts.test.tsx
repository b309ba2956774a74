import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { SocialAccountManager } from '../src'
import { account, channel, mount, page, platform, refuse } from './world'

const user = userEvent.setup()
const reads = { socialAccounts: () => [account], socialPlatforms: () => [platform] }
const menu = async (item: string) => {
  await user.click(await screen.findByRole('button', { name: 'More actions: Acme Example' }))
  await user.click(await screen.findByRole('menuitem', { name: item }))
  return screen.findByRole('dialog')
}
type Asked = ReturnType<typeof mount>['asked']
const inputOf = (asked: Asked, name: string) => (asked.filter((one) => one.name === name).at(-1)?.args as { input: unknown } | undefined)?.input
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000 + Math.sign(days) * 60_000).toISOString()

test('what to do is told only where something is wrong', async () => {
  mount(<SocialAccountManager />, reads)
  await screen.findByText('Acme Example')
  expect(screen.queryByText(account.health_action)).not.toBeInTheDocument()
})

test.each([
  [null, 'renewed by itself'], [inDays(3), 'ends in 3 days'], [inDays(-2), 'ended 2 days ago'],
])('the end of a login, %s, is told so: %s', async (login_ends_at, words) => {
  mount(<SocialAccountManager />, { ...reads, socialAccounts: () => [{ ...account, login_ends_at }] })
  expect(await screen.findByText(words)).toBeInTheDocument()
})

test('defect_enter_took_a_channel_that_does_not_match_while_the_answer_was_under_way', async () => {
  const ops = { ...channel, id: 'c2', name: 'ops', type: 'private' }
  mount(<SocialAccountManager />, {
    ...reads, socialChannels: ({ search }) => (search ? new Promise(() => {}) : [channel, ops]),
  })
  const dialog = await menu('Alert channel…')
  await user.click(within(dialog).getByRole('button', { name: 'Channel' }))
  await screen.findByRole('option', { name: 'announcements' })
  await user.keyboard('op{Enter}')
  expect(within(dialog).getByRole('button', { name: 'Channel' })).toHaveTextContent('ops')
})

test('the channel in which trouble is told is chosen, and taken back', async () => {
  // As the service would: a look that comes between finds what was set.
  let stored: object = account
  const { asked } = mount(<SocialAccountManager />, {
    ...reads, socialAccounts: () => [stored], socialChannels: () => [channel, { ...channel, id: 'c2', name: 'ops', type: 'private' }],
    socialSetAlertChannel: ({ input }) => {
      const id = (input as unknown as { channel_id: string | null }).channel_id
      stored = { ...account, alert_channel_id: id, alert_channel: id && { ...channel, id, name: 'ops', type: 'private' } }
      return { status: 'set', message: 'It is told there', account: stored }
    },
  })
  expect(await screen.findByText('where the operator chose')).toBeInTheDocument()
  const dialog = await menu('Alert channel…')
  expect(within(dialog).getByRole('button', { name: 'Set channel' })).toBeDisabled()
  await user.click(within(dialog).getByRole('button', { name: 'Channel' }))
  await screen.findByRole('option', { name: 'ops' })
  await user.keyboard('{ArrowDown}{ArrowDown}{Enter}')
  await user.click(within(dialog).getByRole('button', { name: 'Set channel' }))
  await screen.findByText('It is told there')
  expect(inputOf(asked, 'socialSetAlertChannel')).toEqual({ account_id: 'a1', channel_id: 'c2' })
  expect(await screen.findByText('#ops')).toBeInTheDocument()

  // Its name is known from the account alone: nothing was searched for.
  const again = await menu('Alert channel…')
  expect(within(again).getByRole('button', { name: 'Channel' })).toHaveTextContent('ops')
  await user.click(within(again).getByRole('button', { name: 'Channel' }))
  await user.click(await screen.findByRole('option', { name: /Where the operator chose/ }))
  await user.click(within(again).getByRole('button', { name: 'Set channel' }))
  await waitFor(() => expect(inputOf(asked, 'socialSetAlertChannel')).toEqual({ account_id: 'a1', channel_id: null }))
})

test('removing what is disconnected has words of its own, and deletes', async () => {
  const { asked } = mount(<SocialAccountManager />, {
    ...reads, socialAccounts: () => [{ ...account, is_connected: false, is_active: false }],
    socialDisconnectAccount: () => ({ status: 'disconnected', message: 'It is gone', account: null }),
  })
  const dialog = await menu('Remove…')
  expect(dialog).toHaveTextContent('Remove Acme Example?')
  expect(dialog).not.toHaveTextContent(/Disconnect/)
  await user.click(within(dialog).getByRole('button', { name: 'Remove' }))
  await screen.findByText('It is gone')
  expect(inputOf(asked, 'socialDisconnectAccount')).toEqual({ id: 'a1', purge_posts: true })
})

test('switching on again asks whether to catch up', async () => {
  const { asked } = mount(<SocialAccountManager />, {
    ...reads, socialAccounts: () => [{ ...account, is_active: false }],
    socialSetAccountActive: () => ({ status: 'active', message: 'It is on', account }),
  })
  await user.click(await screen.findByRole('switch'))
  const dialog = await screen.findByRole('dialog')
  expect(asked.some(({ name }) => name === 'socialSetAccountActive')).toBe(false)
  await user.click(within(dialog).getByRole('checkbox'))
  await user.click(within(dialog).getByRole('button', { name: 'Switch on' }))
  await screen.findByText('It is on')
  expect(inputOf(asked, 'socialSetAccountActive')).toEqual({ id: 'a1', is_active: true, catch_up: true })
  expect(screen.getByRole('switch')).toBeChecked()
})

test('where reading is billed, connecting begins with what it will cost', async () => {
  const billing = { post_usd: '0.005', user_usd: '0.01', daily_budget_usd: null, cost: { today_usd: '0', month_usd: '0', forecast_month_usd: '0' } }
  const { asked } = mount(<SocialAccountManager returnPath="/here" />, {
    ...reads, socialAccounts: () => [], socialPlatforms: () => [{ ...platform, billing }, { ...platform, platform: 'instagram' }],
    socialStartConnection: () => ({ status: 'invalid', message: 'not today', connection_id: null, url: null, expires_at: null }),
  })
  await user.click(await screen.findByRole('button', { name: 'Connect X' }))
  await screen.findByText('not today')
  expect(inputOf(asked, 'socialStartConnection')).toEqual({ platform: 'twitter', return_path: '/here', choose: true })
  await user.click(screen.getByRole('button', { name: 'Connect Instagram' }))
  await waitFor(() => expect(inputOf(asked, 'socialStartConnection')).toEqual({ platform: 'instagram', return_path: '/here' }))
})

test('platforms that cannot be read say so, and are tried again', async () => {
  let works = false
  mount(<SocialAccountManager />, { ...reads, socialPlatforms: () => (works ? [platform] : refuse('internal fault')()) })
  expect(await screen.findByRole('alert')).toHaveTextContent('internal fault')
  works = true
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(screen.queryByRole('alert')).not.toBeInTheDocument())
})

describe('coming back from a platform', () => {
  const ID = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff'
  const connection = (more: object) => ({
    id: ID, platform: 'twitter', status: 'failed', code: null, message: null, logged_in_as: null, identities: [], expires_at: inDays(0), reconnects_account_id: null, accounts: [], missing_scopes: [], ...more,
  })
  const come = (query: string, more: Parameters<typeof mount>[1] = {}) => {
    window.history.replaceState(null, '', `/admin/social?${query}`)
    return mount(<SocialAccountManager />, { ...reads, ...more })
  }
  afterEach(() => window.history.replaceState(null, '', '/'))

  test.each([
    ['error=account_gone', 'suspended, protected or deleted'],
    ['error=app_rejected', 'The platform rejects this app'],
    ['error=made_up_%3Cb%3E', 'The log of the service says why'],
    ['error=constructor', 'The log of the service says why'],
    ['success=instagram_connected', 'Instagram is connected'],
    ['success=toString', 'The account is connected'],
  ])('%s is told in words of ours', async (query, words) => {
    come(query)
    expect(await screen.findByText(new RegExp(words))).toBeInTheDocument()
    expect(document.body.textContent).not.toMatch(/made.up|constructor|native code/)
    expect(window.location.search).toBe('')
  })

  test('a connection tells more than its code', async () => {
    come(`error=account_gone&connection=${ID}`, { socialConnection: () => connection({ message: 'Acme Example is protected' }) })
    expect(await screen.findByText('Acme Example is protected')).toBeInTheDocument()
  })

  test('the one account of a login that is billed is chosen already, with its costs', async () => {
    const identity = { identity_id: '17', name: 'Acme Example', handle: 'acme', url: null, avatar_url: null, posts_per_day: 4, forecast_month_usd: '0.6', forecast_month_lookups_usd: '2.4' }
    const { asked } = come(`choose=${ID}`, {
      socialConnection: () => connection({ status: 'choosing', identities: [identity] }),
      socialChooseIdentities: () => ({ status: 'connected', message: '', accounts: [account] }),
    })
    const dialog = await screen.findByRole('dialog')
    await within(dialog).findByText(/about \$0\.60 a month/)
    expect(dialog).toHaveTextContent('at most $2.40')
    await user.click(within(dialog).getByRole('button', { name: 'Connect 1' }))
    await screen.findByText('Connected: Acme Example.')
    expect(inputOf(asked, 'socialChooseIdentities')).toEqual({ connection_id: ID, identity_ids: ['17'] })
  })
})

describe('import now', () => {
  const log = (id: string, more: object = {}) => ({
    id, account_id: 'a1', import_type: 'manual', status: 'completed', code: null, posts_fetched: 3, posts_imported: 1, posts_filtered: 0, posts_posted: 1, posts_waiting: 0,
    messages_posted: 1, quiet_polls: 0, errors: [], started_at: '2001-01-01T00:00:00Z', completed_at: null, requested_by: null, account, ...more,
  })
  const asks = { socialTriggerImport: () => ({ status: 'requested', message: '', account_ids: ['a1'], held: [] }) }
  const settle = (ms = 0) => act(() => vi.advanceTimersByTimeAsync(ms))
  const begin = async () => {
    await settle()
    await act(async () => screen.getByRole('button', { name: 'Import now' }).click())
    await settle()
  }
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('is followed to its end whatever the clocks say, and told once', async () => {
    let logs = [log('before')]
    mount(<SocialAccountManager />, { ...reads, ...asks, socialImportLogs: () => page(logs) })
    await begin()
    await settle(4_000)
    expect(screen.getByRole('button', { name: 'Importing…' })).toBeDisabled()
    logs = [log('new', { status: 'running' })]
    await settle(2_000)
    expect(screen.getByRole('button', { name: 'Importing…' })).toBeDisabled()
    logs = [log('new')]
    await settle(4_000)
    expect(screen.getAllByText('Acme Example: 3 posts read, 1 new, 1 posted')).toHaveLength(1)
    expect(screen.getByRole('button', { name: 'Import now' })).toBeEnabled()
  })

  test('that failed says why', async () => {
    let logs = [log('before')]
    mount(<SocialAccountManager />, { ...reads, ...asks, socialImportLogs: () => page(logs) })
    await begin()
    logs = [log('new', { status: 'failed', errors: ['the platform failed'] })]
    await settle(2_000)
    expect(screen.getByText('the platform failed')).toBeInTheDocument()
  })

  test('that does not end is given up with a word', async () => {
    mount(<SocialAccountManager />, { ...reads, ...asks, socialImportLogs: () => page([]) })
    await begin()
    await settle(125_000)
    expect(screen.getByText('Acme Example: The import has not ended yet')).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Import now' })).toBeEnabled()
  })

  test('that cannot be followed is not begun', async () => {
    const { asked } = mount(<SocialAccountManager />, { ...reads, ...asks, socialImportLogs: refuse('internal fault') })
    await begin()
    expect(screen.getByText(/internal fault/)).toBeInTheDocument()
    expect(asked.some(({ name }) => name === 'socialTriggerImport')).toBe(false)
  })
})
