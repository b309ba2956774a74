import { memo, useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { dollars } from '../accounts/Cost'
import { texts } from '../texts'
import { median, type Day } from './byDay'

/** `isOptional`: only drawn where there is any; `isFine`: in parts of one. */
interface Series { name: string; hint?: string; of: (day: Day) => number; whole: (values: number[]) => string; colour: string; isOptional?: boolean; isFine?: boolean }
const round = (value: number) => value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 })
const sum = (values: number[]) => values.reduce((all, value) => all + value, 0)
const total = (values: number[]) => sum(values).toLocaleString()
const series: Series[] = [
  { name: texts.activity.polls, of: (day) => day.polls, whole: total, colour: '--nchat-social-faint' },
  { name: texts.activity.posts, of: (day) => day.posts, whole: total, colour: '--nchat-social-accent' },
  { name: texts.activity.posted, hint: texts.activity.postedHint, of: (day) => day.posted, whole: total, colour: '--nchat-social-good' },
  { name: texts.activity.errors, of: (day) => day.errors, whole: total, colour: '--nchat-social-bad' },
  {
    name: texts.activity.lateness, hint: texts.activity.latenessHint, of: (day) => day.lateness, colour: '--nchat-social-accent', isOptional: true,
    whole: (values) => round(median(values.filter(Boolean))),
  },
  { name: texts.activity.spend, of: (day) => day.spend, whole: (values) => dollars(String(sum(values))), colour: '--nchat-social-warn', isOptional: true, isFine: true },
]
const HEIGHT = 92
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 3 })
/** Without the 0: it would touch the first day, and the bars stand on it anyway. */
const tick = (value: number) => (value ? compact.format(value) : '')
const label = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })

/** A small chart for each count, all over the same days; the table below the picture is for screen readers. */
export default memo(function Charts({ days }: { days: Day[] }) {
  return (
    <ul className="grid grid-cols-2 gap-2.5 lg:grid-cols-3">
      {series.filter(({ of, isOptional }) => !isOptional || days.some(of)).map((one) => (
        <li key={one.name} title={one.hint} className="panel min-w-0 p-3">
          <p className="flex items-baseline justify-between gap-2 text-sm text-soft">
            {one.name}<span className="text-[1.05rem] font-semibold tabular-nums text-ink">{one.whole(days.map(one.of))}</span>
          </p>
          <Bars days={days} series={one} />
        </li>
      ))}
    </ul>
  )
})

function Bars({ days, series: { name, of, whole, colour, isFine } }: { days: Day[]; series: Series }) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const of_theme = (name: string, alpha = 1) => `rgb(${getComputedStyle(element).getPropertyValue(name)} / ${alpha})`
    const at = days.map((_, index) => index)
    const values = days.map(of)
    const width = () => Math.max(120, element.clientWidth)
    let plot: uPlot | undefined
    const draw = () => {
      // It listens to the window until it is told to stop.
      plot?.destroy()
      const axis = { stroke: of_theme('--nchat-social-faint'), font: '11px system-ui', ticks: { show: false }, gap: 4 }
      plot = new uPlot(
        {
          width: width(), height: HEIGHT, padding: [6, 16, 0, 0], legend: { show: false },
          cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
          scales: { x: { time: false, range: [-0.6, days.length - 0.4] }, y: { range: (_, __, most) => [0, isFine ? most * 1.1 || 1 : Math.max(1, most * 1.1)] } },
          series: [{}, { fill: of_theme(colour, 0.85), width: 0, paths: uPlot.paths.bars?.({ size: [0.7, 26], radius: 0.15 }), points: { show: false } }],
          axes: [
            { ...axis, size: 18, grid: { show: false }, splits: [0, days.length - 1], values: (_, splits) => splits.map((index) => (days[index] ? label.format(days[index].at) : '')) },
            { ...axis, size: 30, space: 26, incrs: [...(isFine ? [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5] : []), 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000], grid: { stroke: of_theme('--nchat-social-line'), width: 1 }, values: (_, splits) => splits.map(tick) },
          ],
          hooks: {
            setCursor: [(plot) => {
              const day = plot.cursor.idx == null ? undefined : days[plot.cursor.idx]
              element.title = day ? `${label.format(day.at)}: ${whole([of(day)])}` : ''
            }],
          },
        },
        [at, values], element,
      )
    }
    draw()
    const resized = new ResizeObserver(() => plot && plot.width !== width() && plot.setSize({ width: width(), height: HEIGHT }))
    resized.observe(element)
    // A change of theme changes the variables, which a canvas does not see.
    const media = window.matchMedia('(prefers-color-scheme: dark)')
    media.addEventListener('change', draw)
    const themed = new MutationObserver(draw)
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['class'] })
    return () => {
      resized.disconnect()
      themed.disconnect()
      media.removeEventListener('change', draw)
      plot?.destroy()
    }
  }, [days, of, whole, colour, isFine])
  return (
    <>
      <div ref={box} aria-hidden className="mt-1 h-[92px] overflow-hidden" />
      <table className="sr-only">
        <caption>{texts.activity.chart(name)}</caption>
        <tbody>{days.map((day) => <tr key={day.at}><th scope="row">{label.format(day.at)}</th><td>{whole([of(day)])}</td></tr>)}</tbody>
      </table>
    </>
  )
}
