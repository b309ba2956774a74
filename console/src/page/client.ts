import { ApolloClient, from, HttpLink, InMemoryCache, split } from '@apollo/client'
import { onError } from '@apollo/client/link/error'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { getMainDefinition } from '@apollo/client/utilities'
import { createClient } from 'graphql-ws'

/** Where the service answers: beside this page, also below a path of another site. */
export const service = (path: string) => new URL(`../${path}`, new URL(window.location.pathname.replace(/\/+$/, ''), window.location.origin)).toString()

export type Refusal = 'unauthenticated' | 'forbidden'

/** A client by the browser's cookies; `refused` hears when they prove nothing. */
export function makeClient(refused: (why: Refusal) => void) {
  const socket = createClient({ url: service('graphql').replace(/^http/, 'ws'), retryAttempts: 20, shouldRetry: () => true, lazy: true })
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
  return { client, close: () => void socket.dispose() }
}
