import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { SocialIntegrationSettings } from '../src'
import { account, integration, mount, post } from './world'

const user = userEvent.setup()
const reads = { socialAccounts: () => [account], socialIntegrations: () => [integration] }

test('an integration says in words whether it is on, and whether its account is connected', async () => {
  const off = { ...integration, id: 'i2', auto_post: false, account: { ...account, id: 'a2', account_name: 'Bo Example', is_connected: false } }
  mount(<SocialIntegrationSettings />, { ...reads, socialIntegrations: () => [integration, off] })
  const [first, second] = await screen.findAllByRole('article')
  expect(within(first!).getByText('On')).toBeInTheDocument()
  expect(within(first!).queryByText('account disconnected')).not.toBeInTheDocument()
  expect(within(second!).getByText('Off')).toBeInTheDocument()
  expect(within(second!).getByText('account disconnected')).toBeInTheDocument()
})

test('the preview says of every post why it is left out, as a whole', async () => {
  const detail = "Its text has none of this integration's keywords."
  const one = { post: { ...post, content: '\u202Eabc' }, status: 'filtered', reason: 'keyword', detail, in_force: null, change: null, content: '', embed: { type: 'social' } }
  mount(<SocialIntegrationSettings />, {
    ...reads,
    socialPreviewFilter: () => ({ status: 'previewed', message: '', problems: [], total: 1200, delivered: 0, waiting: 0, filtered: 1200, failed: 0, gained: 0, lost: 0, posts: [one] }),
  })
  await user.click(await screen.findByRole('button', { name: /^Edit/ }))
  const dialog = await screen.findByRole('dialog')
  const why = await within(dialog).findByText(new RegExp(detail))
  expect(why.closest('.truncate')).toBeNull()
  expect(within(dialog).getByText('1,200 left out')).toBeInTheDocument()
  expect(within(dialog).getByText('abc')).toBeInTheDocument()
  expect(within(dialog).getByLabelText('Minimum reactions')).toBeInTheDocument()
})
