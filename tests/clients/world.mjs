// The running service, as tests/it/clients.rs starts it: an X account with posts, an integration, several people.
import { createHmac } from 'node:crypto'

const need = (name) => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: run these by \`make test ARGS=clients\``)
  return value
}

export const origin = need('SOCIAL_ORIGIN')
export const http = `${origin}/graphql`
export const socket = http.replace(/^http/, 'ws')
export const secret = need('SOCIAL_SECRET')
/** JWTs: an owner whose role says only `user`, and a plain member. */
export const owner = need('SOCIAL_OWNER_JWT')
export const member = need('SOCIAL_MEMBER_JWT')
/** The owner's, for some seconds only. */
export const passing = (seconds) => {
  const [, claims] = owner.split('.')
  const signed = [{ alg: 'HS256', typ: 'JWT' }, { ...JSON.parse(Buffer.from(claims, 'base64url')), exp: Math.floor(Date.now() / 1000) + seconds }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${createHmac('sha256', need('SOCIAL_JWT_KEY')).update(signed).digest('base64url')}`
}
export const account = need('SOCIAL_ACCOUNT')
export const channel = need('SOCIAL_CHANNEL')
/** What Hasura sends for an administrator. */
export const asHasura = { 'x-nchat-social-secret': secret, 'x-hasura-role': 'admin' }
