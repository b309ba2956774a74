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

const isTime = (at: string | number) => !Number.isNaN(new Date(at).getTime())
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
export const inFull = (at: string | number) => (isTime(at) ? full.format(new Date(at)) : '')

const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]] as const
type Unit = (typeof UNITS)[number][0] | 'month' | 'year'

/** Lengths of which people count so many before they take the next one. */
const ROUND: readonly (readonly [Unit, number, number])[] = [['minute', 60, 60], ['hour', 3_600, 24], ['day', 86_400, 30], ['month', 2_629_800, 12], ['year', 31_557_600, Infinity]]

/** Seconds in the unit that people would take; nothing below half a minute. */
function rounded(seconds: number): [number, Unit] | undefined {
  for (const [unit, length, most] of ROUND) {
    const amount = Math.round(seconds / length)
    if (amount < most) return amount > 0 ? [amount, unit] : undefined
  }
  return undefined
}

const measured = (amount: number, unit: Unit) => new Intl.NumberFormat(texts.language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
const relative = new Intl.RelativeTimeFormat(texts.language)

/** "5 minutes ago", "in 2 hours". */
export function distance(at: string, from: number) {
  if (!isTime(at)) return ''
  const ahead = (Date.parse(at) - from) / 1000
  const length = rounded(Math.abs(ahead))
  if (!length) return ahead > 0 ? texts.atOnce : texts.justNow
  return relative.format(ahead > 0 ? length[0] : -length[0], length[1])
}

/** "5 minutes": how long it has lasted. */
export function lasting(since: string, until: number) {
  if (!isTime(since)) return ''
  const length = rounded((until - Date.parse(since)) / 1000)
  return length ? measured(...length) : texts.moment
}

/** "5 minutes", "2 hours": in the largest unit that leaves no rest. */
export function inUnits(seconds: number) {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length && seconds % length === 0) ?? UNITS[3]
  return measured(seconds / length, unit)
}

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
