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

export async function signOut() {
  await fetch(service('admin/social/session'), { method: 'DELETE', credentials: 'same-origin' }).catch(() => undefined)
}
