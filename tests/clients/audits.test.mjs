// The GraphQL over HTTP specification, by its public audit suite: nothing unmet, neither MUST nor SHOULD nor MAY.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverAudits } from 'graphql-http'
import { asHasura, http } from './world.mjs'

const audits = serverAudits({
  url: http,
  fetchFn: (url, init = {}) => fetch(url, { ...init, headers: { ...asHasura, ...init.headers } }),
})

assert.ok(audits.length >= 60, 'the suite is whole')
for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn()
    assert.equal(result.status, 'ok', result.reason)
  })
}
