// How the page looks: pictures of it, and what axe says.
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { page, tab } from './world.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
// Those of docs/ are written only when asked for (`make screenshots`).
const folder = new URL(process.env.UPDATE_SCREENSHOTS ? '../../../docs/screenshots/' : '../../../target/screenshots/', import.meta.url).pathname
mkdirSync(folder, { recursive: true })

/** What axe calls serious, and what is wider than the window. */
export const found = []

/** Without hiding the caret, for which Playwright would add a style that the page's policy refuses. */
export const picture = (name) => page.screenshot({ path: `${folder}${name}.png`, caret: 'initial' })

async function judge(where) {
  // The page's policy lets no foreign script in; the protocol of the developer tools may.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  for (const { id, impact, nodes } of violations) {
    if (['serious', 'critical'].includes(impact)) found.push(`${where}: ${id} ${nodes[0].target} ${nodes[0].failureSummary}`)
  }
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  if (over > 0) found.push(`${where}: ${over} px too wide`)
}

/** A view in both themes, as it stands. */
export async function inspect(name) {
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme })
    await page.waitForTimeout(100) // the charts are drawn anew
    await judge(`${name} ${colorScheme}`)
  }
  await picture(`${name}-light-desktop`)
}

const TABS = [['accounts', 'Accounts'], ['integrations', 'Integrations'], ['history', 'Post history'], ['activity', 'Activity']]

/** Every tab, both themes, desktop and phone. */
export async function inspectTabs() {
  for (const [size, width, height] of [['phone', 390, 844], ['desktop', 1280, 860]]) {
    await page.setViewportSize({ width, height })
    for (const [name, label] of TABS) {
      await tab(label)
      await page.getByRole('tabpanel', { name: label }).waitFor()
      await page.waitForLoadState('networkidle')
      if (name === 'activity') await page.locator('canvas').first().waitFor()
      for (const colorScheme of ['dark', 'light']) {
        await page.emulateMedia({ colorScheme })
        await page.waitForTimeout(100)
        await picture(`${name}-${colorScheme}-${size}`)
        await judge(`${name} ${colorScheme} ${size}`)
      }
    }
  }
}
