import { useApolloClient } from '@apollo/client'
import { useEffect, useRef, useState } from 'react'
import { Arrivals, Costs, Logs } from '../data/documents'
import { useOnImport, usePollInterval } from '../data/live'
import type { LogFieldsFragment } from '../gql/graphql'
import { dateOf, midnight } from './byDay'

const PAGE = 200
/** Charts are drawn from at most so many entries. */
const MOST = 2_000

interface Arrival { account_id: string; posted_at: string; imported_at: string }
/** `at`: when it was read. */
interface Known { at: number; logs: LogFieldsFragment[]; costs: { day: string; usd: string }[]; arrivals: Arrival[]; isPart: boolean }
interface Paged<Node> { nodes: Node[]; page_info: { has_next_page: boolean; end_cursor?: string | null } }

/** Reads page after page, until enough, or until nobody wants them. */
async function every<Node>(isWanted: () => boolean, read: (after: string | undefined) => Promise<Paged<Node>>) {
  const nodes: Node[] = []
  let after: string | undefined
  do {
    const page = await read(after)
    nodes.push(...page.nodes)
    after = page.page_info.has_next_page ? (page.page_info.end_cursor ?? undefined) : undefined
  } while (after && nodes.length < MOST && isWanted())
  return { nodes, isPart: !!after }
}

/**
 * What was imported in the last days of the viewer's calendar, kept fresh. Whatever is answered belongs to the account and
 * the period that are asked for now: an answer to an earlier question is dropped, and nothing of it stays meanwhile.
 */
export function useLogs(days: number, account: string) {
  const client = useApolloClient()
  const key = `${days} ${account}`
  const [state, setState] = useState<{ key: string; known?: Known; error?: Error }>({ key })
  const read = useRef<() => Promise<void>>(async () => undefined)

  useEffect(() => {
    let isOver = false
    let isReading = false
    let isAsked = false
    const all = async (): Promise<Known> => {
      const at = Date.now()
      const first = midnight(at, days - 1)
      const since = new Date(first).toISOString()
      const account_id = account || null
      const fetchPolicy = 'no-cache'
      const isWanted = () => !isOver
      const [logs, arrivals, costs] = await Promise.all([
        every(isWanted, async (after) => (await client.query({ query: Logs, fetchPolicy, variables: { started_after: since, account_id, first: PAGE, after } })).data.socialImportLogs),
        every(isWanted, async (after) => (await client.query({ query: Arrivals, fetchPolicy, variables: { posted_after: since, account_id, first: PAGE, after } })).data.socialPosts),
        client.query({ query: Costs, fetchPolicy, variables: { from: dateOf(first), account_id } }),
      ])
      return { at, logs: logs.nodes, arrivals: arrivals.nodes, costs: costs.data.socialCosts, isPart: logs.isPart || arrivals.isPart }
    }
    // One reading at a time: who asks meanwhile has it read once more afterwards.
    read.current = async () => {
      isAsked = true
      if (isReading) return
      isReading = true
      while (isAsked && !isOver) {
        isAsked = false
        try {
          const known = await all()
          if (!isOver) setState({ key, known })
        } catch (fault) {
          // What is shown stays.
          if (!isOver) setState((old) => ({ key, known: old.key === key ? old.known : undefined, error: fault as Error }))
        }
      }
      isReading = false
    }
    void read.current()
    return () => { isOver = true }
  }, [client, key, days, account])

  useOnImport(() => void read.current())
  const interval = usePollInterval()
  useEffect(() => {
    const timer = setInterval(() => void read.current(), interval)
    return () => clearInterval(timer)
  }, [interval])
  const { known, error } = state.key === key ? state : {} as Partial<typeof state>
  return { known, error, refetch: () => void read.current() }
}
