import { useApolloClient } from '@apollo/client'
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import type { LogFieldsFragment } from '../gql/graphql'
import { ImportActivity } from './documents'
import { gathered } from './gathered'

type Listener = (log: LogFieldsFragment) => void
type Stop = () => void
interface Live { isLive: boolean; onEach: (listener: Listener) => Stop; onBack: (listener: () => void) => Stop }

const deaf = () => () => undefined
const Context = createContext<Live>({ isLive: false, onEach: deaf, onBack: deaf })

/** A socket that says whether it is open; the client of graphql-ws is one. */
export interface Socket { on: (event: 'connected' | 'closed', listener: () => void) => Stop }

/** How long to wait before another try, in milliseconds: longer each time up to half a minute, and not all pages at once. */
export const pauseMs = (failures: number) => Math.min(30_000, 1_000 * 2 ** failures) * (0.5 + Math.random() / 2)

/** A watch that was not refused for so long stands. */
const CALM_MS = 5_000

/**
 * Watches imports as they end, for everything below. Only where the client reaches this service itself: Hasura forwards no
 * subscriptions, and without this the parts look again by themselves. With its `socket` it knows when nothing is told.
 */
export function SocialLive({ children, socket }: { children: ReactNode; socket?: Socket }) {
  const client = useApolloClient()
  const each = useRef(new Set<Listener>())
  const back = useRef(new Set<() => void>())
  const [isOpen, setOpen] = useState(!socket)
  const [isWatching, setWatching] = useState(true)

  useEffect(() => {
    if (!socket) return
    let wasOpen = false
    const stops = [
      socket.on('connected', () => {
        setOpen(true)
        // What happened meanwhile was told to nobody.
        if (wasOpen) back.current.forEach((tell) => tell())
        wasOpen = true
      }),
      socket.on('closed', () => setOpen(false)),
    ]
    return () => stops.forEach((stop) => stop())
  }, [socket])

  useEffect(() => {
    let failures = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    let watch: { unsubscribe: () => void } | undefined
    const stands = () => {
      clearTimeout(timer)
      failures = 0
      setWatching(true)
    }
    const again = () => {
      clearTimeout(timer)
      setWatching(false)
      timer = setTimeout(() => {
        start()
        back.current.forEach((tell) => tell())
      }, pauseMs(failures++))
    }
    const start = () => {
      timer = setTimeout(stands, CALM_MS)
      // An error that comes as an answer does not end the watch: it was too slow and missed some.
      watch = client.subscribe({ query: ImportActivity, errorPolicy: 'all' }).subscribe({
        next: ({ data, errors }) => {
          stands()
          const log = data?.socialImportActivity
          if (log) each.current.forEach((tell) => tell(log))
          if (errors?.length) back.current.forEach((tell) => tell())
        },
        error: again,
        complete: again,
      })
    }
    start()
    return () => {
      clearTimeout(timer)
      watch?.unsubscribe()
    }
  }, [client])

  const isLive = isOpen && isWatching
  const live = useMemo(() => ({ isLive, onEach: listeners(each.current), onBack: listeners(back.current) }), [isLive])
  return <Context.Provider value={live}>{children}</Context.Provider>
}

const listeners = <T,>(all: Set<T>) => (listener: T) => {
  all.add(listener)
  return () => void all.delete(listener)
}

/** Calls `then` with each import as it ends, where that is told. */
export function useEachImport(then: Listener) {
  const { onEach } = useContext(Context)
  const latest = useLatest(then)
  useEffect(() => onEach((log) => latest.current(log)), [onEach, latest])
}

/** Calls `then` when the connection is back, or something was missed for another reason. */
export function useOnBack(then: () => void) {
  const { onBack } = useContext(Context)
  const latest = useLatest(then)
  useEffect(() => {
    const tell = () => latest.current()
    const stop = onBack(tell)
    window.addEventListener('online', tell)
    return () => {
      stop()
      window.removeEventListener('online', tell)
    }
  }, [onBack, latest])
}

/** Calls `then` soon after imports ended or the connection is back: once for many at a time. */
export function useOnImport(then: () => void) {
  const latest = useLatest(then)
  const soon = useMemo(() => gathered(() => latest.current()), [latest])
  useEffect(() => soon.stop, [soon])
  useEachImport(soon.call)
  useOnBack(soon.call)
}

function useLatest<T>(value: T) {
  const latest = useRef(value)
  latest.current = value
  return latest
}

/** How often to look again by oneself, in milliseconds. */
export function usePollInterval(busy = false) {
  const { isLive } = useContext(Context)
  if (busy) return 2_000
  return isLive ? 60_000 : 10_000
}
