import { useEffect, useState } from 'react'
import { service } from './client'

/** nchat's own address of a message, in the channel of this slug. */
const messageUrl = (channel: string, message: string) => service(`chat/channel/${encodeURIComponent(channel)}?message=${message}`)

/** Addresses of messages, where nchat answers beside this page; a demonstration has no nchat. */
export function useMessageUrl() {
  const [isThere, setThere] = useState(false)
  useEffect(() => {
    fetch(service('chat'), { method: 'HEAD', redirect: 'manual' })
      .then(({ ok, type }) => setThere(ok || type === 'opaqueredirect'), () => undefined)
  }, [])
  return isThere ? messageUrl : undefined
}
