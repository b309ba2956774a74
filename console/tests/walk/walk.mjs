// The walk of an administrator through the page, in a real browser against the running program and its simulator.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const { SOCIAL_ORIGIN: origin, SIMULATOR_ORIGIN: simulator, SOCIAL_ADMIN_TOKEN: token, CHROMIUM: executablePath } = process.env
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const screenshots = new URL('../../../docs/screenshots/', import.meta.url).pathname
mkdirSync(screenshots, { recursive: true })
const X = '1700000000000000001'

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const browser = await chromium.launch({ executablePath, args: flags })
const context = await browser.newContext({ viewport: { width: 1280, height: 860 } })
const page = await context.newPage()
page.setDefaultTimeout(20_000)
const faults = []
page.on('pageerror', (error) => faults.push(error.message))
const foreign = []
page.on('request', (request) => {
  const url = new URL(request.url())
  const isPost = url.protocol === 'https:' && ['image', 'media'].includes(request.resourceType())
  if (![origin, simulator].includes(url.origin) && !['data:', 'blob:'].includes(url.protocol) && !isPost) foreign.push(request.url())
})

const step = (what) => console.log(`- ${what}`)
const control = async (path, body) => {
  const reply = await fetch(`${simulator}/_control/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  assert.ok(reply.ok, `${path}: ${await reply.text()}`)
}
/** As a script of the page itself would: with its cookie, from its origin. */
const ask = (query, variables = {}) => page.evaluate(async ([query, variables]) => {
  const reply = await fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) })
  const answer = await reply.json()
  if (answer.errors) throw new Error(JSON.stringify(answer.errors))
  return answer.data
}, [query, variables])
const tab = (name) => page.getByRole('tab', { name }).click()
const card = (name) => page.getByRole('article', { name, exact: true })
const told = (text) => page.getByRole('status').getByText(text).first().waitFor()
const approve = async () => {
  await page.waitForURL((url) => url.origin === simulator)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL((url) => url.origin === origin)
}

try {
  step('sign in')
  await page.goto(`${origin}/admin/social`)
  await page.getByLabel('SOCIAL_ADMIN_TOKEN').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('The token is wrong.').waitFor()
  await page.getByLabel('SOCIAL_ADMIN_TOKEN').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('No account is connected yet').waitFor()

  step('connect X and Instagram through their pages')
  await page.getByRole('button', { name: 'Connect X' }).click()
  await approve()
  await told('X is connected')
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Instagram' }).click()
  await approve()
  await told('Instagram is connected')

  step('choose a LinkedIn page')
  await control('linkedin/accounts', { id: 'urn:li:organization:7700001', handle: 'acme-labs', name: 'Acme Labs' })
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('menuitem', { name: 'LinkedIn' }).click()
  await approve()
  const choice = page.getByRole('dialog', { name: 'Choose what to connect' })
  await choice.getByRole('checkbox', { name: /Acme Labs/ }).check()
  await choice.getByRole('button', { name: 'Connect 1' }).click()
  await told('Connected: Acme Labs')
  await card('Acme Labs').waitFor()

  step('create an integration')
  await tab('Integrations')
  await page.getByRole('button', { name: 'New integration' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Account').selectOption({ label: 'Acme Example · X' })
  await dialog.getByLabel('Channel', { exact: true }).click()
  await page.getByRole('combobox', { name: 'Search channels' }).fill('announce')
  await page.getByRole('option', { name: 'announcements' }).click()
  await dialog.getByRole('button', { name: 'Create integration' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('article', { name: 'Post from Acme Example to #announcements' }).waitFor()

  step('a published post appears without a reload')
  await tab('Post history')
  const { socialAccounts } = await ask('{ socialAccounts(platform: twitter) { id health is_polling } }')
  const account = socialAccounts[0].id
  const poll = () => ask('mutation ($i: SocialTriggerImportInput!) { socialTriggerImport(input: $i) { status } }', { i: { account_id: account } })
  for (let idle = false, tries = 0; !idle && tries < 60; tries++) {
    const { socialAccount } = await ask('query ($id: uuid!) { socialAccount(id: $id) { last_poll_time is_polling } }', { id: account })
    idle = !!socialAccount.last_poll_time && !socialAccount.is_polling
    if (!idle) await page.waitForTimeout(500)
  }
  await control('twitter/posts', { account: X, draft: { text: 'We launch today: faster search and a new editor #launch' } })
  await poll()
  const row = page.getByRole('article').filter({ hasText: 'We launch today' })
  await row.waitFor()
  await row.getByText('Posted', { exact: true }).waitFor()

  step('edit the rule; the preview shows what it would change')
  await tab('Integrations')
  await page.getByRole('button', { name: 'Edit: Post from Acme Example' }).click()
  await dialog.getByRole('textbox', { name: 'Hashtags' }).fill('news')
  await dialog.getByRole('textbox', { name: 'Hashtags' }).press('Enter')
  await dialog.getByText('−1 against the rule in force').waitFor()
  await page.screenshot({ path: `${screenshots}edit-light-desktop.png` })
  await dialog.getByRole('button', { name: 'Save changes' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('#news').waitFor()

  step('a post that is left out says why, and is posted anyway')
  await control('twitter/posts', { account: X, draft: { text: 'Thank you to everybody who came to the meetup' } })
  await poll()
  await tab('Post history')
  const left = page.getByRole('article').filter({ hasText: 'Thank you to everybody' })
  await left.getByText('Left out').waitFor()
  await left.getByRole('button', { name: 'Post anyway' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Post anyway' }).click()
  await left.getByText('Posted', { exact: true }).waitFor()

  step('every tab, both themes, desktop and phone: nothing that axe calls serious, nothing too wide')
  const found = []
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    for (const [size, width, height] of [['desktop', 1280, 860], ['phone', 390, 844]]) {
      await page.setViewportSize({ width, height })
      for (const [name, label] of [['accounts', 'Accounts'], ['integrations', 'Integrations'], ['history', 'Post history'], ['activity', 'Activity']]) {
        await tab(label)
        await page.getByRole('tabpanel', { name: label }).waitFor()
        await page.waitForTimeout(700)
        await page.screenshot({ path: `${screenshots}${name}-${colorScheme}-${size}.png` })
        // The page's policy lets no foreign script in; the protocol of the developer tools may.
        await page.evaluate(axe)
        const { violations } = await page.evaluate(() => window.axe.run(document))
        for (const { id, impact, nodes } of violations) {
          if (['serious', 'critical'].includes(impact)) found.push(`${name} ${colorScheme} ${size}: ${id} ${nodes[0].target}`)
        }
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        if (over > 0) found.push(`${name} ${size}: ${over} px too wide`)
      }
    }
  }
  assert.deepEqual(found, [])
  await page.setViewportSize({ width: 1280, height: 860 })
  await page.emulateMedia({ colorScheme: 'light' })

  step('revoked at the platform: the page says so')
  await tab('Accounts')
  await control('twitter/revoke', { account: X })
  const example = page.getByRole('article', { name: 'Acme Example' }).filter({ has: page.getByRole('img', { name: 'X', exact: true }) })
  const until = Date.now() + 150_000
  while (!(await example.getByText('Needs reconnect').isVisible())) {
    assert.ok(Date.now() < until, 'needs reconnect, not in time')
    await poll().catch(() => undefined)
    await page.waitForTimeout(3_000)
  }

  step('reconnect')
  await example.getByRole('button', { name: 'Reconnect' }).click()
  await approve()
  await example.getByText('Connected', { exact: true }).waitFor()

  step('disconnect, with its consequences')
  await example.getByRole('button', { name: /^More actions/ }).click()
  await page.getByRole('menuitem', { name: 'Disconnect…' }).click()
  await page.getByRole('dialog').getByText('#announcements').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
  await example.getByText('Disconnected', { exact: true }).first().waitFor()

  assert.deepEqual(faults, [], 'no script failed')
  assert.deepEqual(foreign, [], 'nothing was asked of another host')
} catch (error) {
  await page.screenshot({ path: '/tmp/console-walk-failed.png' }).catch(() => undefined)
  console.log(await page.locator('body').innerText().catch(() => ''))
  throw error
} finally {
  await browser.close()
}
