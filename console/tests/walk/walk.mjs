// The walk of an administrator through the page, in a real browser against the running program and its simulator.
import assert from 'node:assert/strict'
import { found, inspect, inspectTabs } from './looks.mjs'
import { fill, measure } from './speed.mjs'
import { approve, ask, browser, context, control, database, faults, foreign, hush, origin, page, pictures, step, tab, tabTo, token, told } from './world.mjs'

const X = '1700000000000000001'
/** More than a busy machine takes; a quiet one takes half of it, most of that until a revocation is believed. */
const MOST_MS = 280_000
const began = Date.now()
setTimeout(() => {
  console.log('the walk takes too long')
  process.exit(1)
}, MOST_MS).unref()

const press = (key) => page.keyboard.press(key)
const card = (name) => page.getByRole('article', { name, exact: true })
const onX = page.getByRole('article', { name: 'Acme Example' }).filter({ has: page.getByRole('img', { name: 'X', exact: true }) })
const row = (text) => page.getByRole('article').filter({ hasText: text })
// The simulator's own clock stands still here.
const publish = (draft) => control('twitter/posts', { account: X, draft: { at: new Date().toISOString(), ...draft } })
const dialog = page.getByRole('dialog')
const choose = async (item) => {
  await onX.getByRole('button', { name: /^More actions/ }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

async function signIn() {
  step('sign in')
  await page.goto(`${origin}/admin/social`)
  await page.getByLabel('SOCIAL_ADMIN_TOKEN').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('The token is wrong.').waitFor()
  await inspect('sign-in')
  await page.getByLabel('SOCIAL_ADMIN_TOKEN').fill(token)
  await press('Enter')
  await page.getByText('No account is connected yet').waitFor()
}

async function connect() {
  step('connect X with the keyboard alone, after a look at what it will cost, and Instagram')
  await tabTo(page.getByRole('button', { name: 'Connect X' }))
  await press('Enter')
  await approve()
  await page.getByRole('dialog', { name: 'Choose what to connect' }).getByText(/about \$.* a month/).waitFor()
  await inspect('cost')
  await tabTo(dialog.getByRole('button', { name: 'Connect 1' }))
  await press('Enter')
  await told('Connected: Acme Example')
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Instagram' }).click()
  await approve()
  await told('Instagram is connected')

  step('choose a LinkedIn page')
  await control('linkedin/accounts', { id: 'urn:li:organization:7700001', handle: 'acme-labs', name: 'Acme Labs' })
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('menuitem', { name: 'LinkedIn' }).click()
  await approve()
  await page.getByRole('dialog', { name: 'Choose what to connect' }).waitFor()
  await inspect('choose')
  await dialog.getByRole('checkbox', { name: /Acme Labs/ }).check()
  await dialog.getByRole('button', { name: 'Connect 1' }).click()
  await told('Connected: Acme Labs')
  await card('Acme Labs').waitFor()
}

async function integrate() {
  step('create an integration with the keyboard alone')
  await tab('Integrations')
  await tabTo(page.getByRole('button', { name: 'New integration' }))
  await press('Enter')
  await tabTo(dialog.getByLabel('Account'))
  await page.keyboard.type('Acme Example · X')
  await tabTo(dialog.getByLabel('Channel', { exact: true }))
  await press('Enter')
  await page.getByRole('combobox', { name: 'Search channels' }).waitFor()
  await page.keyboard.type('announce')
  await page.getByRole('option', { name: 'announcements' }).waitFor()
  await press('Enter')
  await tabTo(dialog.getByRole('button', { name: 'Create integration' }))
  await press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('article', { name: 'Post from Acme Example to #announcements' }).waitFor()
}

async function readPosts() {
  step('a published post appears without a reload')
  await tab('Post history')
  const { socialAccounts } = await ask('{ socialAccounts(platform: twitter) { id } }')
  const account = socialAccounts[0].id
  const poll = () => ask('mutation ($i: SocialTriggerImportInput!) { socialTriggerImport(input: $i) { status } }', { i: { account_id: account } })
  for (let idle = false, tries = 0; !idle && tries < 60; tries++) {
    const { socialAccount } = await ask('query ($id: uuid!) { socialAccount(id: $id) { last_poll_time is_polling } }', { id: account })
    idle = !!socialAccount.last_poll_time && !socialAccount.is_polling
    if (!idle) await page.waitForTimeout(500)
  }
  await publish({ text: 'We launch today: faster search and a new editor #launch', media: [{ kind: 'image', alt_text: 'The new editor' }], counters: { likes: 42, reposts: 7, views: 1834 } })
  await poll()
  await row('We launch today').getByText('Posted', { exact: true }).waitFor()
  assert.match(await row('We launch today').getByRole('link', { name: 'Open message' }).getAttribute('href'), /\/chat\/channel\/announcements-[0-9a-f]{32}\?message=[-0-9a-f]{36}$/)

  step('import now shows its progress, and then what it brought')
  await tab('Accounts')
  await hush()
  await publish({ text: 'Our office is closed on Thursday' })
  await control('faults', { platform: 'twitter', kind: { slow: 1500 }, times: 1 })
  await onX.getByRole('button', { name: 'Import now' }).click()
  await onX.getByRole('button', { name: 'Importing…' }).waitFor()
  await told('1 new, 1 posted')

  step('set how often it is read')
  await choose('Import interval…')
  await dialog.getByLabel('Look for new posts').selectOption('every 10 minutes')
  await inspect('interval')
  await dialog.getByRole('button', { name: 'Set interval' }).click()
  await dialog.waitFor({ state: 'detached' })

  step('choose where its trouble is told')
  await choose('Alert channel…')
  await dialog.getByLabel('Channel', { exact: true }).click()
  await page.getByRole('combobox', { name: 'Search channels' }).waitFor()
  await page.keyboard.type('product')
  await page.getByRole('option', { name: 'product-news' }).waitFor()
  await press('Enter')
  await inspect('alert-channel')
  await dialog.getByRole('button', { name: 'Set channel' }).click()
  await dialog.waitFor({ state: 'detached' })
  await onX.getByText('#product-news').waitFor()

  step('edit the rule; the preview shows what it would change, and how a post will look')
  await tab('Integrations')
  await hush()
  await page.getByRole('button', { name: 'Edit: Post from Acme Example' }).click()
  await dialog.getByRole('textbox', { name: 'Hashtags' }).fill('launch')
  await press('Enter')
  await dialog.getByText('−1 against the rule in force').waitFor()
  await dialog.locator('img[alt="The new editor"]').waitFor()
  await inspect('edit')
  await press('Escape')
  const leave = page.getByRole('dialog', { name: 'Leave without saving?' })
  await leave.waitFor()
  await inspect('leave')
  await leave.getByRole('button', { name: 'Go on editing' }).click()
  await dialog.getByRole('button', { name: 'Save changes' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('#launch').waitFor()

  step('a post that is left out says why, and is posted anyway')
  await publish({ text: 'Thank you to everybody who came to the meetup' })
  await poll()
  await tab('Post history')
  const left = row('Thank you to everybody')
  await left.getByText('Left out').waitFor()
  await left.getByRole('button', { name: 'Post anyway' }).click()
  await inspect('post-anyway')
  await dialog.getByRole('button', { name: 'Post anyway' }).click()
  await left.getByText('Posted', { exact: true }).waitFor()

  step('what a channel refused is tried again')
  await database(`UPDATE nchat_channels SET is_archived = true WHERE name = 'announcements'`)
  await publish({ text: 'Version 2 is out #launch' })
  await poll()
  const failed = row('Version 2 is out')
  await failed.getByText('Failed', { exact: true }).waitFor()
  await failed.getByRole('button', { name: 'Retry' }).click()
  await told('It failed again')
  await database(`UPDATE nchat_channels SET is_archived = false WHERE name = 'announcements'`)
  await failed.getByRole('button', { name: 'Retry' }).click()
  await failed.getByText('Posted', { exact: true }).waitFor()
  await publish({ text: 'A short week: no news on Friday' })
  await poll()
  await row('A short week').getByText('Left out').waitFor()
  return poll
}

async function offline() {
  step('without a connection the page says so')
  await context.setOffline(true)
  await page.getByText('You are offline.').waitFor()
  await context.setOffline(false)
  await page.getByText('You are offline.').waitFor({ state: 'detached' })
}

async function leaveAndReturn(poll) {
  step('revoked at the platform: the page says so')
  await tab('Accounts')
  while (!(await onX.getByText('Needs reconnect').isVisible())) {
    await poll().catch(() => undefined)
    await page.waitForTimeout(2_000)
  }
  await inspect('needs-reconnect')

  step('reconnect')
  await onX.getByRole('button', { name: 'Reconnect' }).click()
  await approve()
  await onX.getByText('Connected', { exact: true }).waitFor()

  step('disconnect, with its consequences')
  await choose('Disconnect…')
  await dialog.getByText('#announcements').waitFor()
  await inspect('disconnect')
  await dialog.getByRole('button', { name: 'Disconnect' }).click()
  await onX.getByText('Disconnected', { exact: true }).first().waitFor()
  await choose('Remove…')
  await page.getByRole('dialog', { name: 'Remove Acme Example?' }).waitFor()
  await inspect('remove')
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await onX.waitFor({ state: 'detached' })
}

try {
  await signIn()
  await connect()
  await integrate()
  const poll = await readPosts()
  await offline()
  await hush()
  step('every tab, both themes, desktop and phone')
  await inspectTabs()
  // Believed when it is said twice, a minute apart: meanwhile there is something to measure.
  await control('twitter/revoke', { account: X })
  await poll()
  step('fast with ten thousand posts')
  await fill()
  await measure()
  await leaveAndReturn(poll)

  assert.deepEqual(found, [], 'nothing that axe calls serious, nothing too wide')
  assert.deepEqual(faults, [], 'no script failed, nothing was refused by the policy')
  assert.deepEqual(foreign, [], 'nothing but pictures was asked of another host')
  assert.ok(pictures.length > 0, 'pictures of posts were shown')
  console.error(`console: the walk took ${Math.round((Date.now() - began) / 1000)} s`)
} catch (error) {
  console.log(error, { found, faults, foreign }, await page.locator('body').innerText().catch(() => ''))
  process.exitCode = 1
} finally {
  await browser.close()
  process.stdin.destroy()
}
