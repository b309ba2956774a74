import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { SocialAccountManager, SocialActivity, SocialIntegrationSettings, SocialPostHistory } from '../src'
import { account, channel, integration, mount, page, platform, post, refuse } from './world'

const user = userEvent.setup()
const reads = { socialAccounts: () => [account], socialPlatforms: () => [platform], socialIntegrations: () => [integration] }

test('an account in trouble says what happened and what to do', async () => {
  const broken = { ...account, health: 'needs_reconnect', health_code: 'revoked', health_message: 'The connection was ended at X', health_action: 'Reconnect the account.', health_since: '2026-11-22T12:00:00Z' }
  mount(<SocialAccountManager />, { ...reads, socialAccounts: () => [broken] })
  expect(await screen.findByText('Needs reconnect')).toBeInTheDocument()
  expect(screen.getByRole('alert')).toHaveTextContent('The connection was ended at X')
  expect(screen.getByRole('alert')).toHaveTextContent(/for \d.*Reconnect the account\.$/)
  expect(screen.getByRole('button', { name: 'Reconnect' })).toBeEnabled()
})

test('an account that is billed tells what it costs', async () => {
  mount(<SocialAccountManager />, reads)
  expect(await screen.findByText(/\$0\.0[12] today · \$1\.20 this month · \$4\.00 forecast/)).toBeInTheDocument()
})

test('a switch moves at once and goes back when the service refuses', async () => {
  const { asked } = mount(<SocialAccountManager />, { ...reads, socialSetAccountActive: refuse('the database is not available') })
  const button = await screen.findByRole('switch')
  expect(button).toBeChecked()
  await user.click(button)
  await screen.findByText(/the database is not available/)
  expect(asked.find(({ name }) => name === 'socialSetAccountActive')?.args).toEqual({ input: { id: 'a1', is_active: false } })
  await waitFor(() => expect(screen.getByRole('switch')).toBeChecked())
})

test('without accounts the way in is shown, and unconfigured platforms are not offered', async () => {
  mount(<SocialAccountManager />, { ...reads, socialAccounts: () => [], socialPlatforms: () => [platform, { ...platform, platform: 'linkedin', is_configured: false }] })
  expect(await screen.findByText('No account is connected yet')).toBeInTheDocument()
  expect(await screen.findByRole('button', { name: 'Connect X' })).toBeEnabled()
  expect(screen.getByRole('button', { name: 'Connect LinkedIn' })).toBeDisabled()
})

test('the interval is chosen from what the platform allows', async () => {
  const { asked } = mount(<SocialAccountManager />, {
    ...reads, socialSetPollInterval: ({ input }) => ({ status: 'set', message: 'It is polled every 10 minutes', account: { ...account, poll_interval_s: (input as unknown as { seconds: number }).seconds, has_own_poll_interval: true } }),
  })
  expect(await screen.findByText(/every 5 minutes/)).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: 'More actions: Acme Example' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Import interval…' }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog).toHaveTextContent('For X, 2 minutes is the shortest that is allowed here.')
  const choice = within(dialog).getByRole('combobox', { name: 'Look for new posts' })
  expect(within(choice).queryByRole('option', { name: 'every 1 minute' })).not.toBeInTheDocument()
  await user.selectOptions(choice, 'every 10 minutes')
  await user.click(within(dialog).getByRole('button', { name: 'Set interval' }))
  await screen.findByText('It is polled every 10 minutes')
  expect(asked.find(({ name }) => name === 'socialSetPollInterval')?.args).toEqual({ input: { id: 'a1', seconds: 600 } })
})

test('disconnecting spells out its consequences first', async () => {
  const { asked } = mount(<SocialAccountManager />, {
    ...reads, socialDisconnectAccount: () => ({ status: 'disconnected', message: 'It is forgotten', account: null }),
  })
  await user.click(await screen.findByRole('button', { name: 'More actions: Acme Example' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Disconnect…' }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog).toHaveTextContent('#announcements')
  expect(asked.some(({ name }) => name === 'socialDisconnectAccount')).toBe(false)
  await user.click(within(dialog).getByRole('checkbox'))
  await user.click(within(dialog).getByRole('button', { name: 'Disconnect and delete' }))
  await screen.findByText('It is forgotten')
  expect(asked.find(({ name }) => name === 'socialDisconnectAccount')?.args).toEqual({ input: { id: 'a1', purge_posts: true } })
})

test('an error is told with its request and can be tried again', async () => {
  let works = false
  mount(<SocialAccountManager />, { ...reads, socialAccounts: () => (works ? [account] : refuse('internal fault')()) })
  expect(await screen.findByRole('alert')).toHaveTextContent('internal fault (Request req-1)')
  works = true
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('Acme Example')).toBeInTheDocument()
})

const preview = {
  status: 'previewed', message: '', problems: [], total: 2, delivered: 1, waiting: 0, filtered: 1, failed: 0, gained: 1, lost: 0,
  posts: [{ post, status: 'delivered', reason: null, detail: null, in_force: 'filtered', change: 'gained', content: '', embed: { type: 'social', platform: 'twitter', author: { name: 'Acme Example' }, description: 'We launch today' } }],
}

test('a rule is edited with its preview, and the service’s problems stand at their fields', async () => {
  let refused = true
  const { asked } = mount(<SocialIntegrationSettings />, {
    ...reads,
    socialPreviewFilter: () => preview,
    socialUpdateIntegration: () => (refused
      ? { status: 'invalid', message: 'see problems', problems: [{ field: 'filter_hashtags', message: 'too many hashtags' }], integration: null }
      : { status: 'updated', message: 'The rule is stored', problems: [], integration }),
  })
  await user.click(await screen.findByRole('button', { name: /^Edit/ }))
  const dialog = await screen.findByRole('dialog')
  expect(await within(dialog).findByText('+1 against the rule in force')).toBeInTheDocument()
  await user.type(within(dialog).getByRole('textbox', { name: 'Hashtags' }), '#news{Enter}')
  await waitFor(() => expect(asked.some(({ name, args }) => name === 'socialPreviewFilter' && JSON.stringify(args).includes('news'))).toBe(true))
  await user.click(within(dialog).getByRole('button', { name: 'Save changes' }))
  expect(await within(dialog).findByText('too many hashtags')).toBeInTheDocument()
  refused = false
  await user.click(within(dialog).getByRole('button', { name: 'Save changes' }))
  await screen.findByText('The rule is stored')
  const sent = asked.filter(({ name }) => name === 'socialUpdateIntegration').at(-1)?.args
  expect(sent).toMatchObject({ input: { id: 'i1', filter_hashtags: ['launch', 'news'], exclude_retweets: true } })
})

test('a new integration takes its channel from the picker; archived ones cannot be taken', async () => {
  const { asked } = mount(<SocialIntegrationSettings />, {
    ...reads, socialIntegrations: () => [], socialPreviewFilter: () => preview,
    socialChannels: () => [channel, { ...channel, id: 'c2', name: 'old', is_archived: true }],
    socialCreateIntegration: () => ({ status: 'created', message: 'Created', problems: [], integration }),
  })
  await waitFor(() => expect(screen.getByRole('button', { name: 'New integration' })).toBeEnabled())
  await user.click(screen.getByRole('button', { name: 'New integration' }))
  await user.click(await screen.findByRole('button', { name: /Channel/ }))
  await user.click(await screen.findByRole('option', { name: /old/ }))
  expect(screen.getByRole('button', { name: 'Create integration', hidden: true })).toBeDisabled()
  await user.click(screen.getByRole('option', { name: /announcements/ }))
  await user.click(screen.getByRole('button', { name: 'Create integration' }))
  await waitFor(() => expect(asked.find(({ name }) => name === 'socialCreateIntegration')?.args).toMatchObject({ input: { account_id: 'a1', channel_id: 'c1', backfill_count: 0 } }))
})

test('the switch of an integration goes back when the service refuses', async () => {
  mount(<SocialIntegrationSettings />, { ...reads, socialUpdateIntegration: () => ({ status: 'not_found', message: 'There is no such integration', problems: [], integration: null }) })
  await user.click(await screen.findByRole('switch'))
  await screen.findByText('There is no such integration')
  await waitFor(() => expect(screen.getByRole('switch')).toBeChecked())
})

test('an edited rule is not lost by leaving, and one that was not edited is left at once', async () => {
  mount(<SocialIntegrationSettings />, { ...reads, socialPreviewFilter: () => preview })
  await user.click(await screen.findByRole('button', { name: /^Edit/ }))
  await user.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument())
  await user.click(screen.getByRole('button', { name: /^Edit/ }))
  await user.type(screen.getByRole('textbox', { name: 'Hashtags' }), '#news{Enter}')
  await user.keyboard('{Escape}')
  await user.click(within(await screen.findByRole('dialog', { name: 'Leave without saving?' })).getByRole('button', { name: 'Go on editing' }))
  expect(screen.getByText('#news')).toBeInTheDocument()
  await user.keyboard('{Escape}')
  await user.click(await screen.findByRole('button', { name: 'Leave' }))
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument())
})

test('deleting an integration asks first', async () => {
  const { asked } = mount(<SocialIntegrationSettings />, { ...reads, socialDeleteIntegration: () => ({ status: 'deleted', message: 'It is gone', id: 'i1' }) })
  await user.click(await screen.findByRole('button', { name: /^Delete…/ }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog).toHaveTextContent('Posts of Acme Example stop going to #announcements')
  expect(asked.some(({ name }) => name === 'socialDeleteIntegration')).toBe(false)
  await user.click(within(dialog).getByRole('button', { name: 'Delete' }))
  await screen.findByText('It is gone')
})

test('what is empty, loading or failing says so in every part', async () => {
  const empty = { socialAccounts: () => [], socialPlatforms: () => [], socialIntegrations: () => [], socialPosts: () => page([]), socialImportLogs: () => page([]), socialAuditLog: () => page([]), socialCosts: () => [] }
  const failing = Object.fromEntries(Object.keys(empty).map((name) => [name, refuse('internal fault')]))
  for (const [part, words] of [
    [<SocialAccountManager />, 'No account is connected yet'], [<SocialIntegrationSettings />, 'No integration yet'],
    [<SocialPostHistory />, 'No posts yet'], [<SocialActivity />, 'Nothing was imported yet'],
  ] as const) {
    const first = mount(part, empty)
    expect(screen.getAllByRole('status', { name: 'Loading' })[0]).toBeInTheDocument()
    expect(await screen.findByText(words)).toBeInTheDocument()
    first.unmount()
    const second = mount(part, failing)
    expect((await screen.findAllByText('internal fault (Request req-1)'))[0]).toBeInTheDocument()
    expect(screen.getAllByRole('button', { name: 'Try again' })[0]).toBeEnabled()
    second.unmount()
  }
})
