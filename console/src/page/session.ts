import { texts } from '../texts'
import { service } from './client'

/** Changes the operator's token for a session in a cookie. Answers what is wrong, or nothing. */
export async function signIn(token: string): Promise<string | undefined> {
  try {
    const reply = await fetch(service('admin/social/session'), {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }), credentials: 'same-origin',
    })
    if (reply.ok) return undefined
    if (reply.status === 401) return texts.signIn.wrong
    if (reply.status === 409) return texts.signIn.none
    return texts.fault
  } catch {
    return texts.unreachable
  }
}

/** Ends the operator's session. Answers what is wrong, or nothing. */
export async function signOut(): Promise<string | undefined> {
  try {
    const reply = await fetch(service('admin/social/session'), { method: 'DELETE', credentials: 'same-origin' })
    return reply.ok ? undefined : texts.fault
  } catch {
    return texts.unreachable
  }
}

/** The token of an address, if it has one. */
export function tokenOf(hash: string): string | undefined {
  const written = /^#token=(.+)$/.exec(hash)?.[1]
  try {
    return written && decodeURIComponent(written)
  } catch {
    // Cut off or written by hand: the service says whether it is right.
    return written
  }
}
