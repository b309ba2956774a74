import { useApolloClient } from '@apollo/client'
import { useEffect, useState } from 'react'
import { Connection } from '../data/documents'
import { known, texts } from '../texts'
import { useTell } from '../ui/toast'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What the browser came back with from a platform, read once from the address. Anybody can write an address: nothing of it is
 * shown. */
export function useReturn() {
  const client = useApolloClient()
  const tell = useTell()
  const [choosing, setChoosing] = useState<string>()
  useEffect(() => {
    const address = new URL(window.location.href)
    const asked = address.searchParams
    const [success, error, choose, connection] = ['success', 'error', 'choose', 'connection'].map((name) => asked.get(name))
    if (!success && !error && !choose) return
    for (const name of ['success', 'error', 'choose', 'connection']) asked.delete(name)
    window.history.replaceState(window.history.state, '', address)
    if (choose && UUID.test(choose)) setChoosing(choose)
    if (success) {
      const platform = known(texts.platform, success.replace(/_connected$/, ''))
      tell('good', platform ? texts.connected(platform) : texts.connectedAny)
    }
    if (error) {
      const plain = () => tell('bad', texts.connectFailed, known(texts.connectErrors, error) ?? texts.connectUnknown)
      if (!connection || !UUID.test(connection)) return plain()
      // The connection knows more than its code.
      client.query({ query: Connection, variables: { id: connection }, fetchPolicy: 'no-cache' })
        .then(({ data }) => {
          const message = data.socialConnection?.message
          if (message) tell('bad', texts.connectFailed, message)
          else plain()
        })
        .catch(plain)
    }
  }, [client, tell])
  return { choosing, done: () => setChoosing(undefined) }
}
