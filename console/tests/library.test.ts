// @vitest-environment node
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'vite'

const guide = readFileSync('../docs/nchat-frontend.md', 'utf8')
const snippet = /```tsx\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''

test('the app of the guide is short, and builds as it stands against the built library', async () => {
  expect(snippet.trim().split('\n').length).toBeLessThan(20)
  const root = mkdtempSync(resolve('node_modules/.library-'))
  try {
    await build({ configFile: resolve('vite.lib.config.ts'), logLevel: 'error', build: { outDir: `${root}/library`, emptyOutDir: true } })
    writeFileSync(`${root}/main.tsx`, snippet)
    writeFileSync(`${root}/index.html`, '<div id="root"></div><script type="module" src="./main.tsx"></script>')
    const alias = [
      { find: '@nchat/social-console/style.css', replacement: `${root}/library/style.css` },
      { find: '@nchat/social-console', replacement: `${root}/library/index.js` },
    ]
    await build({ root, configFile: false, logLevel: 'error', esbuild: { jsx: 'automatic' }, css: { postcss: {} }, resolve: { alias }, build: { outDir: `${root}/out` } })
    expect(readFileSync(`${root}/out/index.html`, 'utf8')).toMatch(/script type="module"/)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}, 180_000)
