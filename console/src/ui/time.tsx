import { formatDistance, isValid } from 'date-fns'
import { useSyncExternalStore } from 'react'

/** One clock for every "2 minutes ago" of the page. */
const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const TICK_MS = 15_000

function listen(listener: () => void) {
  if (listeners.size === 0) {
    now = Date.now()
    timer = setInterval(() => {
      now = Date.now()
      listeners.forEach((tell) => tell())
    }, TICK_MS)
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) clearInterval(timer)
  }
}
export const useNow = () => useSyncExternalStore(listen, () => now, () => now)

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
export const inFull = (at: string | number) => (isValid(new Date(at)) ? full.format(new Date(at)) : '')
/** "5 minutes ago", "in 2 hours". */
export const distance = (at: string, from: number) =>
  isValid(new Date(at)) ? formatDistance(new Date(at), from, { addSuffix: true }).replace('about ', '').replace('less than a minute ago', 'just now') : ''

const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]] as const
/** "5 minutes", "2 hours": in the largest unit that leaves no rest. */
export function inUnits(seconds: number) {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length && seconds % length === 0) ?? UNITS[3]
  return new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / length)
}

/** A point in time as people say it, computed when shown; the whole on hover. */
export function Ago({ at, className }: { at: string; className?: string }) {
  useNow()
  // The clock ticks for all at once; what is newer than its last tick is not ahead of us.
  return <time dateTime={at} title={inFull(at)} className={className}>{distance(at, Date.now())}</time>
}
