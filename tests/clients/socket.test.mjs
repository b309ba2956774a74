// graphql-transport-ws: its reference client, and the codes with which a server must end bad conversations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { asHasura, account, member, owner, passing, socket } from './world.mjs'

const asNchat = (jwt) => ({ headers: { authorization: `Bearer ${jwt}`, 'x-hasura-role': 'user' } })
const client = (jwt, more = {}) =>
  createClient({ url: socket, webSocketImpl: WebSocket, connectionParams: asNchat(jwt), retryAttempts: 0, ...more })

const collect = (client, payload, atMost = Infinity) =>
  new Promise((resolve, reject) => {
    const seen = []
    const stop = client.subscribe(payload, {
      next: (value) => {
        seen.push(value)
        if (seen.length >= atMost) stop()
      },
      error: reject,
      complete: () => resolve(seen),
    })
  })

/** A conversation by hand: says each message, and hears until `done` or the close. */
const talk = (messages, { protocols = ['graphql-transport-ws'], done = () => false, headers = {} } = {}) =>
  new Promise((resolve, reject) => {
    const heard = []
    const conversation = new WebSocket(socket, protocols, { headers })
    conversation.on('open', () => messages.forEach((message) => conversation.send(message)))
    conversation.on('message', (data) => {
      heard.push(JSON.parse(data.toString()))
      if (done(heard)) conversation.close(1000)
    })
    conversation.on('close', (code) => resolve({ code, heard }))
    conversation.on('error', reject)
  })

const json = (...messages) => messages.map((message) => JSON.stringify(message))
const init = { type: 'connection_init', payload: asNchat(owner) }
const watch = { query: 'subscription { socialImportActivity { id } }' }

test('queries and mutations run over a socket', async () => {
  const accounts = await collect(client(owner), { query: '{ socialAccounts { id __typename } }' })
  assert.deepEqual(accounts, [{ data: { socialAccounts: [{ id: account, __typename: 'SocialAccount' }] } }])
  const query = 'mutation ($id: uuid!) { socialSetAccountActive(input: { id: $id, is_active: true }) { status } }'
  const [{ data, errors }] = await collect(client(owner), { query, variables: { id: account } })
  assert.equal(errors, undefined)
  assert.ok(data.socialSetAccountActive.status)
})

test('an import appears while it is watched', { timeout: 60_000 }, async () => {
  const watching = client(owner)
  const connected = new Promise((resolve) => watching.on('connected', resolve))
  const news = collect(watching, { query: 'subscription { socialImportActivity { account_id import_type } }' }, 1)
  await connected
  const asking = setInterval(() => {
    const query = 'mutation ($id: uuid!) { socialTriggerImport(input: { account_id: $id }) { status } }'
    collect(client(owner), { query, variables: { id: account } }).catch(() => {})
  }, 1_000)
  try {
    const [{ data }] = await news
    assert.equal(data.socialImportActivity.account_id, account)
  } finally {
    clearInterval(asking)
    await watching.dispose()
  }
})

test('an operation that cannot be executed is an error, not a result', async () => {
  const { heard } = await talk(json(init, { id: 'a', type: 'subscribe', payload: { query: '{ nonsense }' } }), {
    done: (heard) => heard.some(({ id }) => id === 'a'),
  })
  const answers = heard.filter(({ id }) => id === 'a')
  assert.equal(answers.length, 1, 'no complete follows an error')
  assert.equal(answers[0].type, 'error')
  assert.match(answers[0].payload[0].message, /nonsense/)
})

test('a member may connect and is refused by every field', async () => {
  const [{ data, errors }] = await collect(client(member), { query: '{ socialAccounts { id } }' })
  assert.equal(data ?? null, null)
  assert.equal(errors[0].extensions.code, 'FORBIDDEN')
})

for (const [name, code, messages, options] of [
  ['text that is no JSON', 4400, ['nonsense']],
  ['a message of no known type', 4400, json({ type: 'dance' })],
  ['a message that is no object', 4400, json([])],
  ['a subscribe without query', 4400, json(init, { id: 'a', type: 'subscribe', payload: {} })],
  ['a subscribe without id', 4400, json(init, { type: 'subscribe', payload: watch })],
  ['a subscribe with an empty id', 4400, json(init, { id: '', type: 'subscribe', payload: watch })],
  ['an introduction whose payload is no object', 4400, json({ type: 'connection_init', payload: 7 })],
  ['an operation before the introduction', 4401, json({ id: 'a', type: 'subscribe', payload: watch })],
  ['a forged token', 4403, json({ type: 'connection_init', payload: asNchat(`${owner}x`) })],
  ['a second introduction', 4429, json(init, init)],
  [
    'an id that is in use',
    4409,
    json(init, { id: 'a', type: 'subscribe', payload: watch }, { id: 'a', type: 'subscribe', payload: watch }),
  ],
]) {
  test(`${name} ends with ${code}`, async () => {
    assert.equal((await talk(messages, options)).code, code)
  })
}

test('silence ends with 4408', { timeout: 30_000 }, async () => {
  assert.equal((await talk([])).code, 4408)
})

test('an id is free again once its operation is over', async () => {
  const ask = { id: 'a', type: 'subscribe', payload: { query: '{ __typename }' } }
  const conversation = new WebSocket(socket, ['graphql-transport-ws'])
  const completed = await new Promise((resolve, reject) => {
    let times = 0
    conversation.on('open', () => conversation.send(JSON.stringify(init)))
    conversation.on('message', (data) => {
      const { type } = JSON.parse(data.toString())
      if (type === 'complete' && ++times === 3) return resolve(times)
      if (type === 'connection_ack' || type === 'complete') conversation.send(JSON.stringify(ask))
    })
    conversation.on('close', (code) => reject(new Error(`closed with ${code}`)))
  })
  assert.equal(completed, 3)
  conversation.removeAllListeners('close')
  conversation.close()
})

test('a ping is answered, with its payload, also before the introduction', async () => {
  const { heard } = await talk(json({ type: 'ping', payload: { n: 7 } }), { done: (heard) => heard.length > 0 })
  assert.deepEqual(heard, [{ type: 'pong', payload: { n: 7 } }])
})

test('completing what is not there, and a pong nobody asked for, are nothing', async () => {
  const messages = json(init, { type: 'pong' }, { id: 'zz', type: 'complete' }, { type: 'ping' })
  const { heard } = await talk(messages, { done: (heard) => heard.length === 2 })
  assert.deepEqual(heard.map(({ type }) => type).sort(), ['connection_ack', 'pong'])
})

test('a completed subscription says nothing more and its id is free', async () => {
  const subscribe = { id: 'a', type: 'subscribe', payload: watch }
  const messages = json(init, subscribe, { id: 'a', type: 'complete' }, subscribe, { type: 'ping' })
  const { code, heard } = await talk(messages, { done: (heard) => heard.some(({ type }) => type === 'pong') })
  assert.equal(code, 1005 === code ? 1005 : 1000)
  assert.deepEqual(heard.map(({ type }) => type), ['connection_ack', 'pong'])
})

test('another subprotocol gets no socket', async () => {
  await assert.rejects(talk([], { protocols: ['graphql-ws'] }))
})

test('what the handshake itself presents counts where the introduction is empty', async () => {
  const messages = json({ type: 'connection_init' }, { id: 'a', type: 'subscribe', payload: { query: '{ socialAccounts { id } }' } })
  const { heard } = await talk(messages, { headers: asHasura, done: (heard) => heard.some(({ type }) => type === 'complete') })
  assert.equal(heard.find(({ type }) => type === 'next').payload.data.socialAccounts[0].id, account)
})

test('the socket closes when the token ends', { timeout: 60_000 }, async () => {
  const { code } = await talk(json({ type: 'connection_init', payload: asNchat(passing(3)) }, { id: 'a', type: 'subscribe', payload: watch }))
  assert.equal(code, 4403)
})
