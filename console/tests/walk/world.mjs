// What the walk stands on: browser, simulator, and nchat's side of the database; and what it watches all the way.
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const { SOCIAL_ORIGIN: origin, SIMULATOR_ORIGIN: simulator, SOCIAL_ADMIN_TOKEN: token, CHROMIUM: executablePath } = process.env
export { origin, simulator, token }

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
export const browser = await chromium.launch({ executablePath, args: flags })
// Less motion: what is looked at is not half-way between two themes.
export const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' })

/** Everything that went wrong in the page, and everything it asked of anybody but its own origin. */
export const faults = []
export const foreign = []
/** Pictures of posts, which it may ask of others, over https. */
export const pictures = []

// The world's pictures are not there: one stands for all. Nor is nchat there, beside this service.
const picture = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"><rect width="16" height="9" fill="#4c6fff"/><circle cx="12" cy="3" r="1.5" fill="#ffd75e"/><path d="M0 9 5 4l3 3 2-2 6 4z" fill="#1d2f6f"/></svg>'

// What the browser itself says of a refused or missed request is judged by the step that provokes it.
const EXPECTED = /status of 40[14]|ERR_INTERNET_DISCONNECTED/
export async function watch(context) {
  await context.route(/^https:/, (route) => route.fulfill({ contentType: 'image/svg+xml', body: picture }))
  await context.route(`${origin}/chat`, (route) => route.fulfill({ status: 200, body: '' }))
  context.on('weberror', (error) => faults.push(error.error().message))
  // Also what the page's policy refused: a style, a script, a foreign address.
  context.on('console', (message) => message.type() === 'error' && !EXPECTED.test(message.text()) && faults.push(message.text().slice(0, 600)))
  context.on('response', (reply) => reply.status() >= 400 && reply.status() !== 401 && faults.push(`${reply.status()} ${reply.url()}`))
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (['data:', 'blob:'].includes(url.protocol)) return
    // To the platform and back: the person goes, not the page.
    if (request.isNavigationRequest()) return void ([origin, simulator].includes(url.origin) || foreign.push(request.url()))
    if (new URL(request.frame().url()).origin === simulator && url.origin === simulator) return
    const isPicture = url.protocol === 'https:' && ['image', 'media'].includes(request.resourceType())
    if (isPicture) pictures.push(request.url())
    else if (url.origin !== origin) foreign.push(request.url())
  })
  context.on('page', (page) => page.on('websocket', (socket) => new URL(socket.url()).host === new URL(origin).host || foreign.push(socket.url())))
}
await watch(context)
export const page = await context.newPage()
page.setDefaultTimeout(20_000)
export const step = (what) => console.log(`- ${what}`)

export async function control(path, body, method = 'POST') {
  const reply = await fetch(`${simulator}/_control/${path}`, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) })
  assert.ok(reply.ok, `${path}: ${await reply.text()}`)
}

const replies = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
/** Runs statements on nchat's and the service's database: the test does it. */
export async function database(statements) {
  console.log(`sql ${JSON.stringify(statements)}`)
  assert.equal((await replies.next()).value, 'done')
}

/** As a script of the page itself would: with its cookie, from its origin. */
export const ask = (query, variables = {}) => page.evaluate(async ([query, variables]) => {
  const reply = await fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) })
  const answer = await reply.json()
  if (answer.errors) throw new Error(JSON.stringify(answer.errors))
  return answer.data
}, [query, variables])

export const tab = (name) => page.getByRole('tab', { name }).click()
export const told = (text) => page.getByRole('status').getByText(text).first().waitFor()
/** What was told, read and closed. */
export async function hush() {
  const close = page.locator('[data-toasts]').getByRole('button', { name: 'Close' })
  while (await close.count()) await close.first().click()
}
export async function approve() {
  await page.waitForURL((url) => url.origin === simulator)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL((url) => url.origin === origin)
}

/** Goes to something with the Tab key alone. */
export async function tabTo(target) {
  await target.waitFor()
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`${target} cannot be reached with the Tab key`)
}
