import { formatDistanceStrict, formatDuration, isValid } from 'date-fns'
import { useSyncExternalStore } from 'react'
import { texts } from '../texts'

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

const MINUTE_MS = 60_000
const strict = (at: string, from: number, addSuffix: boolean) =>
  formatDistanceStrict(new Date(at), from, { addSuffix, roundingMethod: 'floor', locale: texts.locale })

/** "5 minutes ago", "in 2 hours". */
export function distance(at: string, from: number) {
  if (!isValid(new Date(at))) return ''
  const ahead = Date.parse(at) - from
  if (Math.abs(ahead) < MINUTE_MS) return ahead > 0 ? texts.atOnce : texts.justNow
  return strict(at, from, true)
}

/** "5 minutes": how long it has lasted. */
export function lasting(since: string, until: number) {
  if (!isValid(new Date(since))) return ''
  return until - Date.parse(since) < MINUTE_MS ? texts.moment : strict(since, until, false)
}

/** "5 minutes", "2 hours": in the largest unit that leaves no rest. */
export function inUnits(seconds: number) {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length && seconds % length === 0) ?? UNITS[3]
  return formatDuration({ [unit]: seconds / length }, { locale: texts.locale })
}
const UNITS = [['days', 86_400], ['hours', 3_600], ['minutes', 60], ['seconds', 1]] as const

interface Props {
  at: string
  className?: string
  /** The whole phrase around it, so that every language can order its words. */
  says?: (time: string) => string
}
const same = (time: string) => time

/** A point in time as people say it, computed when shown; the whole on hover. */
export function Ago({ at, className, says = same }: Props) {
  useNow()
  // The clock ticks for all at once; what is newer than its last tick is not ahead of us.
  return <time dateTime={at} title={inFull(at)} className={className}>{says(distance(at, Date.now()))}</time>
}

/** How long something has lasted; since when on hover. */
export function Lasting({ at, className, says = same }: Props) {
  useNow()
  return <time dateTime={at} title={inFull(at)} className={className}>{says(lasting(at, Date.now()))}</time>
}
