import { ApolloClient, from, HttpLink, InMemoryCache, split } from '@apollo/client'
import { onError } from '@apollo/client/link/error'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { getMainDefinition } from '@apollo/client/utilities'
import { createClient } from 'graphql-ws'
import { pauseMs } from '../data/live'

/** Where the service answers: beside this page, also below a path of another site. */
export const service = (path: string) => new URL(`../${path}`, new URL(window.location.pathname.replace(/\/+$/, ''), window.location.origin)).toString()

export type Refusal = 'unauthenticated' | 'forbidden'

/** Ends after the pause, or as soon as the network is back. */
const pause = (failures: number) => new Promise<void>((resolve) => {
  const end = () => {
    clearTimeout(timer)
    window.removeEventListener('online', end)
    resolve()
  }
  const timer = setTimeout(end, pauseMs(failures))
  window.addEventListener('online', end)
})

/** A client by the browser's cookies; `refused` hears when they prove nothing. */
export function makeClient(refused: (why: Refusal) => void) {
  const socket = createClient({ url: service('graphql').replace(/^http/, 'ws'), retryAttempts: Infinity, retryWait: pause, shouldRetry: () => true, lazy: true })
  let isOpen = false
  socket.on('connected', () => (isOpen = true))
  socket.on('closed', () => (isOpen = false))
  // A connection from before may be dead without knowing: it is made anew.
  const renew = () => isOpen && socket.terminate()
  window.addEventListener('online', renew)
  const isSubscription = ({ query }: Parameters<Parameters<typeof split>[0]>[0]) => {
    const definition = getMainDefinition(query)
    return definition.kind === 'OperationDefinition' && definition.operation === 'subscription'
  }
  const link = from([
    onError(({ graphQLErrors, networkError }) => {
      const inResult = networkError && 'result' in networkError && typeof networkError.result === 'object' ? (networkError.result.errors as { extensions?: { code?: string } }[] | undefined) : undefined
      for (const error of [...(graphQLErrors ?? []), ...(inResult ?? [])]) {
        const code = String(error.extensions?.code ?? '').toLowerCase()
        if (code === 'unauthenticated' || code === 'forbidden') refused(code)
      }
      if (networkError && 'statusCode' in networkError && networkError.statusCode === 401) refused('unauthenticated')
    }),
    split(isSubscription, new GraphQLWsLink(socket), new HttpLink({ uri: service('graphql'), credentials: 'same-origin' })),
  ])
  const client = new ApolloClient({ link, cache: new InMemoryCache() })
  const close = () => {
    window.removeEventListener('online', renew)
    void socket.dispose()
  }
  return { client, socket, close }
}
