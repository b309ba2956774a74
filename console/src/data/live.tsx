import { useSubscription } from '@apollo/client'
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import type { LogFieldsFragment } from '../gql/graphql'
import { ImportActivity } from './documents'

type Listener = (log: LogFieldsFragment) => void
interface Live { isLive: boolean; listen: (listener: Listener) => () => void }

const Context = createContext<Live>({ isLive: false, listen: () => () => undefined })

/**
 * Watches imports as they end, for everything below. Only where the client reaches this service itself: Hasura forwards no
 * subscriptions, and without this the parts look again by themselves.
 */
export function SocialLive({ children }: { children: ReactNode }) {
  const listeners = useRef(new Set<Listener>())
  const [isLive, setLive] = useState(true)
  useSubscription(ImportActivity, {
    ignoreResults: true,
    shouldResubscribe: true,
    onData: ({ data }) => {
      setLive(true)
      const log = data.data?.socialImportActivity
      if (log) listeners.current.forEach((tell) => tell(log))
    },
    onError: () => setLive(false),
  })
  const live = useMemo(() => ({
    isLive,
    listen: (listener: Listener) => {
      listeners.current.add(listener)
      return () => void listeners.current.delete(listener)
    },
  }), [isLive])
  return <Context.Provider value={live}>{children}</Context.Provider>
}

/** Calls `then` whenever an import ends, where that is told. */
export function useOnImport(then: Listener) {
  const { listen } = useContext(Context)
  const latest = useRef(then)
  latest.current = then
  useEffect(() => listen((log) => latest.current(log)), [listen])
}

/** How often to look again by oneself, in milliseconds. */
export function usePollInterval(busy = false) {
  const { isLive } = useContext(Context)
  if (busy) return 2_000
  return isLive ? 60_000 : 10_000
}
