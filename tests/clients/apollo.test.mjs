// Apollo Client, the version that nchat has and the newest, behind links like nchat's: errors, retries, the JWT, HTTP
// beside a socket.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import * as core4 from '@apollo/client/core/index.js'
import { SetContextLink } from '@apollo/client/link/context/index.js'
import { ErrorLink } from '@apollo/client/link/error/index.js'
import { RetryLink as RetryLink4 } from '@apollo/client/link/retry/index.js'
import { GraphQLWsLink as GraphQLWsLink4 } from '@apollo/client/link/subscriptions/index.js'
import { createPersistedQueryLink as persisted4 } from '@apollo/client/link/persisted-queries/index.js'
import core3 from '@apollo/client-3/core/core.cjs'
import context3 from '@apollo/client-3/link/context/context.cjs'
import error3 from '@apollo/client-3/link/error/error.cjs'
import retry3 from '@apollo/client-3/link/retry/retry.cjs'
import subscriptions3 from '@apollo/client-3/link/subscriptions/subscriptions.cjs'
import { account, channel, http, member, owner, socket } from './world.mjs'

const isSubscription = ({ query }) =>
  query.definitions.some(({ kind, operation }) => kind === 'OperationDefinition' && operation === 'subscription')

/** A client like nchat's, and the errors that its error link saw. */
const versions = {
  3: (jwt) => {
    const seen = []
    const headers = { authorization: `Bearer ${jwt}`, 'x-hasura-role': 'user' }
    const ws = createClient({ url: socket, webSocketImpl: WebSocket, connectionParams: { headers } })
    const link = core3.ApolloLink.from([
      error3.onError(({ graphQLErrors, networkError }) => {
        seen.push(...(graphQLErrors ?? []), ...(networkError ? [networkError] : []))
      }),
      new retry3.RetryLink({ attempts: { max: 2 } }),
      context3.setContext(() => ({ headers })),
      core3.split(isSubscription, new subscriptions3.GraphQLWsLink(ws), new core3.HttpLink({ uri: http, fetch })),
    ])
    return { client: new core3.ApolloClient({ link, cache: new core3.InMemoryCache() }), gql: core3.gql, seen, ws }
  },
  4: (jwt) => {
    const seen = []
    const headers = { authorization: `Bearer ${jwt}`, 'x-hasura-role': 'user' }
    const ws = createClient({ url: socket, webSocketImpl: WebSocket, connectionParams: { headers } })
    const link = core4.ApolloLink.from([
      new ErrorLink(({ error }) => {
        seen.push(...(error.errors ?? [error]))
      }),
      new RetryLink4({ attempts: { max: 2 } }),
      new SetContextLink(() => ({ headers })),
      core4.ApolloLink.split(isSubscription, new GraphQLWsLink4(ws), new core4.HttpLink({ uri: http, fetch })),
    ])
    return { client: new core4.ApolloClient({ link, cache: new core4.InMemoryCache() }), gql: core4.gql, seen, ws }
  },
}

for (const [version, make] of Object.entries(versions)) {
  test(`Apollo Client ${version}: a query, and its objects in the cache by type and id`, async () => {
    const { client, gql } = make(owner)
    const query = gql`
      query Accounts { socialAccounts { id account_name integrations { id channel { id name } } } }
    `
    const { data } = await client.query({ query })
    assert.equal(data.socialAccounts[0].id, account)
    const cache = client.cache.extract()
    assert.equal(cache[`SocialAccount:${account}`].account_name, data.socialAccounts[0].account_name)
    assert.ok(cache[`SocialChannel:${channel}`], Object.keys(cache).join())
  })

  test(`Apollo Client ${version}: a mutation's payload updates what a query has read`, async () => {
    const { client, gql } = make(owner)
    const query = gql`query One($id: uuid!) { socialAccount(id: $id) { id is_active } }`
    const variables = { id: account }
    const mutation = gql`
      mutation Switch($input: SocialSetAccountActiveInput!) {
        socialSetAccountActive(input: $input) { status account { id is_active } }
      }
    `
    const seen = []
    const watching = client.watchQuery({ query, variables }).subscribe(({ data }) => data && seen.push(data.socialAccount.is_active))
    await client.query({ query, variables })
    for (const is_active of [false, true]) {
      await client.mutate({ mutation, variables: { input: { id: account, is_active } } })
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    watching.unsubscribe()
    assert.deepEqual(seen.slice(-2), [false, true])
  })

  test(`Apollo Client ${version}: pages of posts are read to the end`, async () => {
    const { client, gql } = make(owner)
    const query = gql`
      query Posts($after: String) {
        socialPosts(first: 2, after: $after) {
          edges { node { id content } }
          page_info { has_next_page end_cursor }
        }
      }
    `
    const ids = []
    for (let after = null, more = true; more; ) {
      const { data } = await client.query({ query, variables: { after } })
      ids.push(...data.socialPosts.edges.map(({ node }) => node.id))
      ;({ has_next_page: more, end_cursor: after } = data.socialPosts.page_info)
    }
    assert.ok(ids.length >= 5 && new Set(ids).size === ids.length, ids.join())
  })

  test(`Apollo Client ${version}: errors arrive with their codes`, async () => {
    const { client, gql, seen } = make(member)
    await assert.rejects(client.query({ query: gql`{ socialAccounts { id } }` }))
    assert.equal(seen[0].extensions.code, 'FORBIDDEN')
    const wrong = make(owner)
    await assert.rejects(wrong.client.query({ query: gql`{ socialNonsense { id } }` }))
    assert.match(wrong.seen.map(({ message, result }) => JSON.stringify([message, result])).join(), /socialNonsense/)
  })

  test(`Apollo Client ${version}: a subscription through the split link`, { timeout: 60_000 }, async () => {
    const { client, gql, ws } = make(owner)
    const query = gql`subscription { socialImportActivity { id account_id posts_imported } }`
    const trigger = gql`mutation ($id: uuid!) { socialTriggerImport(input: { account_id: $id }) { status } }`
    const asking = setInterval(() => client.mutate({ mutation: trigger, variables: { id: account } }).catch(() => {}), 1_000)
    try {
      const news = await new Promise((resolve, reject) => {
        const subscription = client.subscribe({ query }).subscribe({
          next: ({ data }) => {
            subscription.unsubscribe()
            resolve(data.socialImportActivity)
          },
          error: reject,
        })
      })
      assert.equal(news.account_id, account)
    } finally {
      clearInterval(asking)
      await ws.dispose()
    }
  })
}

test('where persisted queries are not supported, the query is sent in full', async () => {
  const { createHash } = await import('node:crypto')
  const link = persisted4({ sha256: (text) => createHash('sha256').update(text).digest('hex') }).concat(
    new core4.HttpLink({ uri: http, fetch, headers: { authorization: `Bearer ${owner}` } }),
  )
  const client = new core4.ApolloClient({ link, cache: new core4.InMemoryCache() })
  const { data } = await client.query({ query: core4.gql`{ socialAccounts { id } }` })
  assert.equal(data.socialAccounts[0].id, account)
})
