import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { readFileSync } from 'node:fs'
import { SocialPostHistory } from '../src'
import { texts } from '../src/texts'
import { account, channel, delivery, integration, mount, page, platform, post } from './world'

const user = userEvent.setup()
const reads = {
  socialAccounts: () => [account], socialPlatforms: () => [platform], socialIntegrations: () => [integration], socialChannels: () => [channel],
}

test('a post tells its decision in words, and posting anyway asks first', async () => {
  const anyway = { reason: 'posted_anyway', detail: 'An administrator had it posted, whatever the filters say.', requested_by: 'u1', requested_by_name: 'Ada Example' }
  const posted = { ...post, deliveries: [{ ...delivery, ...anyway, status: 'delivered', looks: 0 }] }
  const { asked } = mount(<SocialPostHistory height="600px" />, {
    ...reads, socialPosts: () => page([post]), socialPostAnyway: () => ({ status: 'posted', message: 'It is in the channel', post: posted, delivery: null }),
  })
  expect(await screen.findByRole('article')).toHaveTextContent('It reached an engagement of 3 in the time allowed; this integration asks for 10. It was looked at 4 times.')
  await user.click(screen.getByRole('button', { name: 'Post anyway' }))
  const dialog = await screen.findByRole('dialog')
  expect(asked.some(({ name }) => name === 'socialPostAnyway')).toBe(false)
  await user.click(within(dialog).getByRole('button', { name: 'Post anyway' }))
  await screen.findByText('It is in the channel')
  expect(await screen.findByText('Ada Example had it posted, whatever the filters say.')).toBeInTheDocument()
  expect(screen.getByRole('article')).not.toHaveTextContent(/administrator/i)
})

test('what a decision says are whole sentences, each once', async () => {
  const rules = readFileSync('../src/domain/filter/reason.rs', 'utf8')
  const codes = [...rules.matchAll(/=> "([a-z_]+)"/g)].map(([, code]) => code)
  expect(Object.keys(texts.reason).sort()).toEqual(codes.sort())
  const waiting = 'It has an engagement of 3; this integration asks for 10. It is looked at again.'
  const anyway = 'An administrator had it posted, whatever the filters say.'
  const archived = 'The channel is archived: restore it or choose another.'
  // The fixtures speak as the service does.
  for (const sentence of [waiting, anyway, archived, delivery.detail]) expect(rules.replace(/\{(have|need)\}/g, (_, name) => (name === 'have' ? '3' : '10'))).toContain(sentence)
  const soon = new Date(Date.now() + 2.1 * 3_600_000).toISOString()
  const deliveries = [
    { ...delivery, id: 'd1', status: 'waiting', detail: waiting, next_look_at: soon },
    { ...delivery, id: 'd2', status: 'delivered', reason: 'posted_anyway', detail: anyway, requested_by: 'u1' },
    { ...delivery, id: 'd3', status: 'failed', reason: 'channel_archived', detail: archived, looks: 0, attempts: 3, requested_by: 'u1', requested_by_name: 'Ada Example' },
    { ...delivery, id: 'd4', status: 'failed', reason: 'channel_refuses', detail: null, looks: 0, requested_by: 'u1' },
    { ...delivery, id: 'd5', status: 'delivered', reason: null, detail: null, looks: 0, delivered_at: new Date(Date.now() - 2.1 * 3_600_000).toISOString() },
  ]
  mount(<SocialPostHistory height="600px" />, { ...reads, socialPosts: () => page([{ ...post, deliveries }]) })
  const row = await screen.findByRole('article')
  expect(within(row).getAllByRole('listitem').map((item) => item.textContent?.replace(/^.*#announcements/, '').replace(/(Retry)?(Post anyway)?$/, ''))).toEqual([
    `${waiting} It was looked at 4 times. Next look: in 2 hours.`,
    anyway,
    `${archived} It was tried 3 times. Asked for by Ada Example.`,
    'The database refuses messages in this channel. Asked for by an administrator.',
    '2 hours ago',
  ])
})

test('a post goes by hand also to a channel that no integration decided about', async () => {
  const far = { id: 'c2', name: 'far', type: 'public', is_archived: false, is_readonly: false }
  const near = { id: 'c3', name: 'near', type: 'public', is_archived: true, is_readonly: false }
  const integrations = [
    integration, { ...integration, id: 'i2', channel_id: 'c2', channel: far }, { ...integration, id: 'i3', channel_id: 'c3', channel: near },
    { ...integration, id: 'i4', channel_id: 'c4', channel: null }, { ...integration, id: 'i5', account_id: 'a2' },
  ]
  const { asked } = mount(<SocialPostHistory height="600px" />, {
    ...reads, socialIntegrations: () => integrations, socialPosts: () => page([post]),
    socialPostAnyway: () => ({ status: 'posted', message: 'It is in the channel', delivery: null, post: { ...post, deliveries: [delivery, ...['c2', 'c3'].map((id) => ({ ...delivery, id, integration_id: id.replace('c', 'i'), channel_id: id }))] } }),
  })
  await user.click(await screen.findByRole('button', { name: 'Post to a channel…' }))
  const dialog = await screen.findByRole('dialog')
  const choice = within(dialog).getByRole('combobox', { name: 'Channel' })
  expect(within(choice).getAllByRole('option').map(({ textContent }) => textContent)).toEqual(['#far', '#near (archived)'])
  expect(dialog).toHaveTextContent('The post goes to #far at once')
  await user.selectOptions(choice, '#far')
  await user.click(within(dialog).getByRole('button', { name: 'Post anyway' }))
  await screen.findByText('It is in the channel')
  expect(asked.find(({ name }) => name === 'socialPostAnyway')?.args).toEqual({ input: { post_id: 'p1', integration_id: 'i2' } })
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Post to a channel…' })).not.toBeInTheDocument())
})

test('posts are found by account with its platform, and by channels whose integration is gone', async () => {
  const { asked } = mount(<SocialPostHistory />, {
    ...reads, socialAccounts: () => [account, { ...account, id: 'a2', platform: 'instagram' }], socialPosts: () => page([post]),
    socialChannels: () => [channel, { ...channel, id: 'c9', name: 'former' }],
  })
  expect(await screen.findByRole('option', { name: 'Acme Example · Instagram' })).toBeInTheDocument()
  await screen.findByRole('option', { name: '#former' })
  expect(within(screen.getByRole('combobox', { name: 'Channel' })).getAllByRole('option').map(({ textContent }) => textContent)).toEqual(['All channels', '#announcements', '#former'])
  await user.selectOptions(screen.getByRole('combobox', { name: 'Channel' }), '#former')
  await waitFor(() => expect(asked.filter(({ name }) => name === 'socialPosts').at(-1)?.args).toMatchObject({ channel_id: 'c9' }))
})

test('filters are sent to the service, and nothing found says so', async () => {
  const { asked } = mount(<SocialPostHistory />, { ...reads, socialPosts: ({ text }) => page(text ? [] : [post]) })
  await screen.findByText('We launch today')
  await user.type(screen.getByRole('searchbox'), 'absent')
  expect(await screen.findByText('No post fits these filters')).toBeInTheDocument()
  expect(asked.filter(({ name }) => name === 'socialPosts').at(-1)?.args).toMatchObject({ text: 'absent' })
})
