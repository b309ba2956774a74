import { useApolloClient, useQuery, type QueryResult } from '@apollo/client'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type {
  AccountFieldsFragment, ConsolePlatformsQuery, ConsolePostsQueryVariables, IntegrationFieldsFragment, PostFieldsFragment,
} from '../gql/graphql'
import { Accounts, Integrations, Platforms, Posts } from './documents'
import { useOnBack, useOnImport, usePollInterval } from './live'

export type Account = AccountFieldsFragment
export type Platform = ConsolePlatformsQuery['socialPlatforms'][number]
export type Integration = IntegrationFieldsFragment
export type Post = PostFieldsFragment
export type PostFilter = Omit<ConsolePostsQueryVariables, 'first' | 'after'>

/** The connected accounts, kept fresh: told of imports where that is possible, by looking again otherwise. */
export function useSocialAccounts() {
  const query = useQuery(Accounts, { fetchPolicy: 'cache-and-network' })
  const accounts = query.data?.socialAccounts
  useFresh(query, accounts?.some((account) => account.is_polling))
  return { accounts, loading: query.loading, error: query.error, refetch: query.refetch }
}

/** Looks again now and then, after imports, and when the connection is back. */
function useFresh({ startPolling, stopPolling, refetch }: Pick<QueryResult, 'startPolling' | 'stopPolling' | 'refetch'>, busy?: boolean) {
  const interval = usePollInterval(busy)
  useEffect(() => {
    startPolling(interval)
    return stopPolling
  }, [interval, startPolling, stopPolling])
  // What fails stands in the query's own error.
  useOnImport(() => void refetch().catch(() => undefined))
}

/** Every integration. */
export function useSocialIntegrations() {
  const query = useQuery(Integrations, { fetchPolicy: 'cache-and-network' })
  const { refetch } = query
  useOnBack(() => void refetch().catch(() => undefined))
  return { integrations: query.data?.socialIntegrations, loading: query.loading, error: query.error, refetch }
}

/** How the platforms are set up here, how each stands with this app, and what it costs. */
export function usePlatforms() {
  const query = useQuery(Platforms, { fetchPolicy: 'cache-and-network' })
  useFresh(query)
  return { platforms: query.data?.socialPlatforms, error: query.error, refetch: query.refetch }
}

/** What a screen shows, and what is read behind it. */
const FIRST = 50
const FURTHER = 200

/**
 * Imported posts, newest first, page by page. They are held here and not in Apollo's cache: ten thousand of them in one
 * cached list would be compared anew with every page.
 */
export function useSocialPosts(filter: PostFilter = {}) {
  const client = useApolloClient()
  const key = JSON.stringify(filter)
  const [state, setState] = useState<{ key: string; posts: Post[]; cursor: string | null; hasMore: boolean }>()
  const [loading, setLoading] = useState(true)
  const [error, setError] = useState<Error>()
  const running = useRef(0)

  const read = useCallback(async (after: string | null) => {
    const { data } = await client.query({
      query: Posts, fetchPolicy: 'no-cache', variables: { ...(JSON.parse(key) as PostFilter), first: after ? FURTHER : FIRST, after },
    })
    return data.socialPosts
  }, [client, key])

  const load = useCallback(async (after: string | null) => {
    const run = ++running.current
    setLoading(true)
    setError(undefined)
    try {
      const page = await read(after)
      if (run !== running.current) return
      setState((old) => ({
        key,
        posts: after && old?.key === key ? [...old.posts, ...page.nodes] : page.nodes,
        cursor: page.page_info.end_cursor ?? null,
        hasMore: page.page_info.has_next_page,
      }))
    } catch (fault) {
      if (run === running.current) setError(fault as Error)
    }
    if (run === running.current) setLoading(false)
  }, [read, key])

  useEffect(() => void load(null), [load])

  /** Looks at the newest posts again: new ones go to the top, known ones are renewed where they stand. */
  const refresh = useCallback(async () => {
    const run = running.current
    try {
      const page = await read(null)
      if (run !== running.current) return
      setState((old) => {
        if (!old || old.key !== key) return old
        const fresh = new Map(page.nodes.map((post) => [post.id, post]))
        const kept = old.posts.map((post) => {
          const renewed = fresh.get(post.id)
          fresh.delete(post.id)
          return renewed ?? post
        })
        return { ...old, posts: fresh.size ? [...fresh.values(), ...kept].sort(newestFirst) : kept }
      })
    } catch {
      // What is shown stays; the next look may succeed.
    }
  }, [read, key])

  useOnImport(() => void refresh())
  const interval = usePollInterval()
  useEffect(() => {
    const timer = setInterval(() => void refresh(), interval)
    return () => clearInterval(timer)
  }, [refresh, interval])

  /** Puts a post as a mutation answered it in its place. */
  const renew = useCallback((post: Post) => {
    setState((old) => old && { ...old, posts: old.posts.map((known) => (known.id === post.id ? post : known)) })
  }, [])

  const current = state?.key === key ? state : undefined
  return useMemo(() => ({
    posts: current?.posts,
    loading,
    error,
    hasMore: current?.hasMore ?? false,
    loadMore: () => void (current?.hasMore && !loading && load(current.cursor)),
    refetch: () => load(null),
    refresh,
    renew,
  }), [current, loading, error, load, refresh, renew])
}

const newestFirst = (a: Post, b: Post) => Date.parse(b.posted_at) - Date.parse(a.posted_at)
