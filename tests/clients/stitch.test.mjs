// A gateway that stitches us in beside another schema, as Hasura does: the schema is read over HTTP, queries and
// mutations go through, and a type of the other schema is joined to ours.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { graphql, parse, print, buildSchema } from 'graphql'
import { stitchSchemas } from '@graphql-tools/stitch'
import { schemaFromExecutor } from '@graphql-tools/wrap'
import { account, asHasura, channel, http } from './world.mjs'

const executor = async ({ document, variables }) => {
  const body = JSON.stringify({ query: print(document), variables })
  const answer = await fetch(http, { method: 'POST', body, headers: { ...asHasura, 'content-type': 'application/json' } })
  return answer.json()
}

const gateway = async () =>
  stitchSchemas({
    subschemas: [
      { schema: await schemaFromExecutor(executor), executor },
      {
        schema: buildSchema('type Query { nchat_channels: [nchat_channels!]! } type nchat_channels { id: ID! name: String! }'),
        rootValue: { nchat_channels: () => [{ id: channel, name: 'announcements' }] },
      },
    ],
    typeDefs: 'extend type nchat_channels { social_posts: SocialPostConnection! }',
    resolvers: {
      nchat_channels: {
        social_posts: {
          selectionSet: '{ id }',
          resolve: async ({ id }, _, __, info) => {
            const { delegateToSchema } = await import('@graphql-tools/delegate')
            const schema = [...info.schema.extensions.stitchingInfo.subschemaMap.values()].find(
              ({ transformedSchema }) => transformedSchema.getQueryType().getFields().socialPosts,
            )
            return delegateToSchema({ schema, fieldName: 'socialPosts', args: { channel_id: id, first: 3 }, info })
          },
        },
      },
    },
  })

test('a query, a join and a mutation through a stitched gateway', async () => {
  const schema = await gateway()
  const run = (source, variableValues) => graphql({ schema, source, variableValues, rootValue: { nchat_channels: () => [{ id: channel, name: 'announcements' }] } })
  const query = await run('{ socialAccounts { id platform integrations { channel { name } } } nchat_channels { name } }')
  assert.equal(query.errors, undefined)
  assert.equal(query.data.socialAccounts[0].id, account)
  assert.equal(query.data.nchat_channels[0].name, 'announcements')
  const joined = await run('{ nchat_channels { id social_posts { edges { node { id content deliveries { status } } } } } }')
  assert.equal(joined.errors, undefined)
  assert.equal(joined.data.nchat_channels[0].social_posts.edges.length, 3)
  const create = `mutation ($input: SocialCreateIntegrationInput!) {
    socialCreateIntegration(input: $input) { status integration { id min_engagement } }
  }`
  const input = { account_id: account, channel_id: channel, min_engagement: 7, auto_post: false }
  const created = await run(create, { input })
  assert.equal(created.errors, undefined)
  const { status, integration } = created.data.socialCreateIntegration
  assert.deepEqual([status, integration.min_engagement], ['created', 7])
  const remove = 'mutation ($id: uuid!) { socialDeleteIntegration(input: { id: $id }) { status } }'
  const removed = await run(remove, { id: integration.id })
  assert.equal(removed.data.socialDeleteIntegration.status, 'deleted')
  assert.ok(parse(print(parse(create))), 'the documents are plain GraphQL')
})
