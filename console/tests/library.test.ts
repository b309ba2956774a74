// @vitest-environment node
import { buildSchema, execute, parse } from 'graphql'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'vite'
import { account, channel, integration, page, platform, post } from './world'

const guide = readFileSync('../docs/nchat-frontend.md', 'utf8')
const snippet = /```tsx\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''

// What the guide's app does not use, and what types must refuse: a library without types would take it.
const more = `
import { ApolloClient, ApolloProvider, HttpLink, InMemoryCache } from '@apollo/client'
import { createRoot } from 'react-dom/client'
import { SocialActivity, SocialEmbed, SocialLive, SocialPostHistory, useSocialAccounts, useSocialIntegrations, useSocialPosts } from '@nchat/social-console'
import type { Account, Integration, Post, PostFilter, SocialAccountManagerProps } from '@nchat/social-console'

export type Names = [Account['account_name'], Integration['channel_id'], Post['content'], PostFilter['text'], SocialAccountManagerProps['returnPath']]
// @ts-expect-error an address is made by a function
export const wrong = <SocialPostHistory messageUrl={7} />
// @ts-expect-error an account has no such field
export const none = (account: Account) => account.absent
export const live = <SocialLive><SocialActivity /></SocialLive>

function Hooks() {
  const { accounts } = useSocialAccounts()
  const { integrations } = useSocialIntegrations()
  const { posts } = useSocialPosts({ text: 'launch' })
  return <p>{accounts?.length} accounts, {integrations?.length} integrations, {posts?.length} posts</p>
}
const client = new ApolloClient({ link: new HttpLink({ uri: '/graphql' }), cache: new InMemoryCache() })
createRoot(document.getElementById('more')!).render(
  <ApolloProvider client={client}>
    <Hooks />
    <SocialActivity />
    <SocialEmbed embed={{ type: 'social', author: { name: 'Bo Example' }, description: 'Seen in a message' }} />
  </ApolloProvider>,
)
`

// As npm would lay it: the package with what it says it has, beside the app, which has React, Apollo Client and graphql.
let root = ''
const own = (path: string) => `${root}/node_modules/@nchat/social-console/${path}`
beforeAll(async () => {
  root = mkdtempSync(resolve('node_modules/.library-'))
  mkdirSync(own(''), { recursive: true })
  cpSync('package.json', own('package.json'))
  writeFileSync(`${root}/package.json`, '{ "name": "app", "type": "module" }')
  // As `npm run build:lib` does.
  await Promise.all([
    run('vite/bin/vite.js', 'build', '--config', 'vite.lib.config.ts', '--logLevel', 'error', '--outDir', own('dist/lib'), '--emptyOutDir', 'false'),
    run('typescript/bin/tsc', '-p', 'tsconfig.lib.json', '--outDir', own('dist/lib')),
  ])
  writeFileSync(`${root}/main.tsx`, snippet)
  writeFileSync(`${root}/more.tsx`, more)
  writeFileSync(`${root}/app.ts`, "import './main'\nimport './more'\n")
  await build({
    root, configFile: false, logLevel: 'error', esbuild: { jsx: 'automatic', jsxDev: false }, css: { postcss: {} }, define: { 'process.env.NODE_ENV': '"production"' },
    build: { outDir: 'out', lib: { entry: `${root}/app.ts`, formats: ['iife'], name: 'app', fileName: () => 'app.js', cssFileName: 'app' } },
  })
}, 600_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A tool in a process of its own, to which this is no test. */
async function run(tool: string, ...words: string[]) {
  try {
    await promisify(execFile)(process.execPath, [resolve('node_modules', tool), ...words], { env: { PATH: process.env.PATH } })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${stdout}${stderr}`)
  }
}

test('the app of the guide is short, and brings the library’s style', () => {
  expect(snippet.trim().split('\n').length).toBeLessThan(20)
  expect(readFileSync(`${root}/out/app.css`, 'utf8')).toContain('.nchat-social')
})

test('apps are checked against the types that the library brings', async () => {
  const compilerOptions = {
    target: 'ES2022', lib: ['ES2023', 'DOM', 'DOM.Iterable'], module: 'ESNext', moduleResolution: 'bundler', jsx: 'react-jsx', strict: true, noEmit: true, skipLibCheck: true, types: [],
  }
  writeFileSync(`${root}/tsconfig.json`, JSON.stringify({ compilerOptions, files: ['app.ts'] }))
  await run('typescript/bin/tsc', '-p', `${root}/tsconfig.json`)
}, 120_000)

test('the built parts stand in a bare React app', async () => {
  const schema = buildSchema(readFileSync(process.env.SOCIAL_SCHEMA ?? '../schema/social.graphql', 'utf8'))
  const rootValue = {
    socialAccounts: [account], socialPlatforms: [platform], socialIntegrations: [integration], socialChannels: [channel], socialPosts: page([post]),
    socialImportLogs: page([]), socialAuditLog: page([]), socialCosts: [],
  }
  const { JSDOM, VirtualConsole } = createRequire(import.meta.url)('jsdom')
  const faults: unknown[] = []
  const console = new VirtualConsole().on('error', (...words: unknown[]) => faults.push(words)).on('jsdomError', (error: unknown) => faults.push(error))
  const { window } = new JSDOM('<div id="root"></div><div id="more"></div>', { runScripts: 'outside-only', url: 'https://chat.example/', pretendToBeVisual: true, virtualConsole: console })
  window.fetch = async (_: string, { body }: { body: string }) => {
    const { query, variables } = JSON.parse(body)
    return Response.json(await execute({ schema, document: parse(query), rootValue, variableValues: variables }))
  }
  // What jsdom lacks.
  window.ResizeObserver = class { observe() {} unobserve() {} disconnect() {} }
  const sized = ['offsetHeight', 'offsetWidth', 'clientHeight', 'clientWidth'].map((name) => [name, { get: () => 800 }])
  Object.defineProperties(window.HTMLElement.prototype, Object.fromEntries(sized))
  window.matchMedia = () => ({ addEventListener() {}, removeEventListener() {} })
  try {
    window.eval(readFileSync(`${root}/out/app.js`, 'utf8'))
    const text = () => window.document.body.textContent as string
    for (const words of ['Import now', 'Post from', 'We launch today', '1 accounts, 1 integrations, 1 posts', 'Nothing was imported yet', 'Seen in a message']) {
      await vi.waitFor(() => expect(text().includes(words) || !!window.document.querySelector(`[aria-label^="${words}"]`), words).toBe(true), { timeout: 20_000 })
    }
    expect(faults).toEqual([])
  } finally {
    window.close()
  }
}, 120_000)
