import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Root } from '../src/ui/root'
import { SignIn } from '../src/page/SignIn'
import { signOut, tokenOf } from '../src/page/session'
import { distance, lasting } from '../src/ui/time'

const user = userEvent.setup()
afterEach(() => vi.unstubAllGlobals())
const answering = (reply: () => Promise<unknown>) => {
  const fetch = vi.fn((..._: [string, RequestInit]) => reply())
  vi.stubGlobal('fetch', fetch)
  return fetch
}

test.each([
  [async () => ({ ok: false, status: 401 }), 'The token is wrong.'],
  [async () => ({ ok: false, status: 409 }), 'No SOCIAL_ADMIN_TOKEN is set in the service’s settings.'],
  [async () => ({ ok: false, status: 500 }), 'Something went wrong in the service.'],
  [async () => { throw new TypeError('network') }, 'The service does not answer. Check that it runs, then try again.'],
])('a sign-in that fails says why: %#', async (reply, words) => {
  answering(reply)
  const done = vi.fn()
  render(<Root><SignIn why="unauthenticated" onDone={done} /></Root>)
  expect(screen.getByRole('button', { name: 'Sign in' })).toBeDisabled()
  await user.type(screen.getByLabelText('SOCIAL_ADMIN_TOKEN'), 'guess{Enter}')
  expect(await screen.findByText(words)).toBeInTheDocument()
  expect(screen.getByLabelText('SOCIAL_ADMIN_TOKEN')).toBeInvalid()
  expect(done).not.toHaveBeenCalled()
})

test('a token is sent without blanks around it, and to this page’s own origin', async () => {
  const fetch = answering(async () => ({ ok: true, status: 204 }))
  const done = vi.fn()
  render(<Root><SignIn why="forbidden" onDone={done} /></Root>)
  expect(screen.getByText(/not as an administrator/)).toBeInTheDocument()
  await user.type(screen.getByLabelText('SOCIAL_ADMIN_TOKEN'), ' secret {Enter}')
  await waitFor(() => expect(done).toHaveBeenCalledOnce())
  const [url, { body, credentials }] = fetch.mock.calls[0]!
  expect([new URL(url).origin, body, credentials]).toEqual([window.location.origin, '{"token":"secret"}', 'same-origin'])
})

test('a sign-out that did not happen says so', async () => {
  answering(async () => { throw new TypeError('network') })
  expect(await signOut()).toMatch(/does not answer/)
})

test('a token in the address is read, also where it is written badly', () => {
  expect(['#token=a%20b', '#token=100%', '#token=', '#accounts', ''].map(tokenOf)).toEqual(['a b', '100%', undefined, undefined, undefined])
})

test('the chosen theme is there before anything is drawn', async () => {
  localStorage.setItem('nchat-social-theme', 'dark')
  await import('../src/page/theme')
  expect(document.documentElement).toHaveClass('dark')
  localStorage.clear()
  document.documentElement.classList.remove('dark')
})

test('times are told in whole phrases', () => {
  const from = Date.parse('2026-11-22T12:00:00Z')
  const at = (seconds: number) => new Date(from + seconds * 1000).toISOString()
  expect([-10, 10, -60, -3590, 7200, -86_400, 40 * 86_400, -800 * 86_400].map((seconds) => distance(at(seconds), from))).toEqual([
    'just now', 'in less than a minute', '1 minute ago', '59 minutes ago', 'in 2 hours', '1 day ago', 'in 1 month', '2 years ago',
  ])
  expect([-10, -60, -7200].map((seconds) => lasting(at(seconds), from))).toEqual(['less than a minute', '1 minute', '2 hours'])
  expect([distance('never', from), lasting('never', from)]).toEqual(['', ''])
})
