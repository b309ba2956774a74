import { useApolloClient } from '@apollo/client'
import { useEffect, useState } from 'react'
import { Connection } from '../data/documents'
import type { SocialPlatform } from '../gql/graphql'
import { inWords, texts } from '../texts'
import { useTell } from '../ui/toast'

/** What the browser came back with from a platform, read once from the address. */
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
    if (choose) setChoosing(choose)
    if (success) {
      const platform = success.replace(/_connected$/, '')
      const name = platform in texts.platform ? texts.platform[platform as SocialPlatform] : texts.tabs.accounts
      tell('good', texts.connected(name))
    }
    if (error) {
      const known = texts.connectErrors[error]
      const plain = () => tell('bad', texts.connectFailed, known ?? inWords(texts.connectErrors, error))
      if (!connection) return plain()
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
