import { ApolloError, useMutation, type MutationHookOptions, type TypedDocumentNode } from '@apollo/client'
import { useCallback } from 'react'
import { texts } from '../texts'
import { useTell } from '../ui/toast'

/** What a failure means to a person. */
export function sentence(error: unknown): string {
  if (error instanceof ApolloError) {
    const first = error.graphQLErrors[0]
    if (first) {
      const id = first.extensions?.request_id
      return typeof id === 'string' ? `${first.message} (${texts.requestId(id)})` : first.message
    }
    if (error.networkError) return texts.unreachable
  }
  return texts.fault
}

interface Payload { status: string; message: string }

/**
 * Runs a mutation. `done` says which of its statuses are what was wanted; everything else is told to the person in the
 * service's own words. Answers the payload when it was wanted.
 */
export function useAct<Data, Variables extends object, Name extends keyof Data>(
  document: TypedDocumentNode<Data, Variables>, name: Name, done: string[],
  options: MutationHookOptions<Data, Variables> = {},
) {
  const tell = useTell()
  const [mutate, { loading }] = useMutation(document, options as never)
  const act = useCallback(async (variables: Variables, also: MutationHookOptions<Data, Variables> = {}): Promise<Data[Name] | undefined> => {
    try {
      const { data } = await mutate({ variables, ...also } as never)
      const payload = (data as Data | null | undefined)?.[name]
      const told = payload as Payload | undefined
      if (told && done.includes(told.status)) return payload
      tell('bad', texts.failed, told?.message ?? texts.fault)
    } catch (error) {
      tell('bad', texts.failed, sentence(error))
    }
    return undefined
    // `done` is a constant list at every call.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [mutate, name, tell])
  return [act, loading] as const
}
