// Typed documents in clients' usual way: graphql-codegen's client preset from schema/social.graphql, then the TypeScript
// compiler in strict mode, which must also refuse a wrong use.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { generate } from '@graphql-codegen/cli'

const here = dirname(fileURLToPath(import.meta.url))
const schema = join(here, '../../schema/social.graphql')

const use = (line) => `
import { graphql } from './gql'
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core'

export const Posts = graphql(\`
  query Posts($first: Int, $account: uuid) {
    socialPosts(first: $first, account_id: $account) {
      edges { node { id content posted_at engagement deliveries { status reason channel { name } } } }
      page_info { has_next_page end_cursor }
    }
  }
\`)
export const Switch = graphql(\`
  mutation Switch($input: SocialSetAccountActiveInput!) {
    socialSetAccountActive(input: $input) { status message account { id is_active health } }
  }
\`)
export const News = graphql(\`
  subscription News { socialImportActivity { id account_id posts_posted } }
\`)

export const variables: VariablesOf<typeof Switch> = { input: { id: '0', is_active: true } }
export const statuses = (data: ResultOf<typeof Posts>): string[] =>
  data.socialPosts.edges.flatMap(({ node }) => node.deliveries.map(({ status }) => status))
${line}
`

test('graphql-codegen makes types that compile and that refuse a wrong use', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nchat-social-codegen-'))
  await symlink(join(here, 'node_modules'), join(folder, 'node_modules'))
  const check = async (line) => {
    await writeFile(join(folder, 'use.ts'), use(line))
    await generate(
      {
        schema,
        documents: join(folder, 'use.ts'),
        generates: {
          [`${folder}/gql/`]: {
            preset: 'client',
            config: { scalars: { uuid: 'string', timestamptz: 'string', jsonb: 'unknown' }, strictScalars: false, useTypeImports: true },
          },
        },
        silent: true,
        ignoreNoDocuments: false,
      },
      true,
    )
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022']
    return promisify(execFile)(join(here, 'node_modules/.bin/tsc'), [...options, join(folder, 'use.ts')], { cwd: folder })
  }
  await check('')
  assert.ok((await readdir(join(folder, 'gql'))).includes('graphql.ts'))
  await assert.rejects(check('export const wrong: VariablesOf<typeof Switch> = { input: { id: 7 } }'), ({ stdout }) => {
    assert.match(stdout, /error TS/)
    return true
  })
})
