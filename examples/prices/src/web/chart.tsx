import { useTopic } from '@tidings/client/react'
import { useEffect, useRef } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Listing, Point } from '../contract'
import type { Board } from './board'
import type { PricesClient } from './clients'
import { formatPrice } from './format'
import { useRow } from './use-row'

/** How many points the chart shows: five minutes. */
const maxPoints = 300

interface ChartProps {
  readonly client: PricesClient
  readonly board: Board
  readonly listing: Listing
}

/** The last minutes of a symbol: the snapshot of its topic, a point each second, and the newest price at the end. */
export function Chart({ client, board, listing }: ChartProps) {
  const { symbol, name } = listing
  const { value, error } = useTopic(client.chart({ symbol }), (state, event) =>
    event.type === 'point' ? { points: [...state.points, event.data].slice(-maxPoints) } : state,
  )
  const price = useRow(board, symbol)?.quote.price
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot>(undefined)

  useEffect(() => {
    const { current: parent } = frame
    if (!parent) return
    const drawn = new UPlot(optionsOf(parent), [[], []], parent)
    plot.current = drawn
    const resizing = new ResizeObserver(() => drawn.setSize(sizeOf(parent)))
    resizing.observe(parent)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const repaint = () => drawn.redraw(false)
    scheme.addEventListener('change', repaint)
    return () => {
      scheme.removeEventListener('change', repaint)
      resizing.disconnect()
      drawn.destroy()
    }
  }, [])

  const points = value?.points
  useEffect(() => {
    plot.current?.setData(dataOf(points ?? [], price))
  }, [points, price])

  if (error) return <p role="alert">{error.message}</p>
  return (
    <div
      ref={frame}
      className="chart"
      role="img"
      aria-label={`${name}, the last five minutes${points ? `: ${rangeOf(points)}` : ''}`}
      aria-busy={points === undefined}
      data-points={points?.length ?? 0}
    />
  )
}

/** The points, and the newest price half a second later: it belongs to the second that is not over. */
function dataOf(points: readonly Point[], price: number | undefined): UPlot.AlignedData {
  const times = points.map(({ at }) => at)
  const prices = points.map((point) => point.price)
  const last = times.at(-1)
  if (last !== undefined && price !== undefined) {
    times.push(last + 0.5)
    prices.push(price)
  }
  return [times, prices]
}

function rangeOf(points: readonly Point[]): string {
  const prices = points.map(({ price }) => price)
  return `between ${formatPrice(Math.min(...prices))} and ${formatPrice(Math.max(...prices))}`
}

function sizeOf({ clientWidth: width, clientHeight: height }: Element) {
  return { width, height }
}

/** The chart takes its colours from the page, each time that it draws. */
function optionsOf(parent: Element): UPlot.Options {
  const colour = (name: string) => getComputedStyle(parent).getPropertyValue(`--chart-${name}`)
  const axis: UPlot.Axis = {
    stroke: () => getComputedStyle(parent).color,
    grid: { stroke: () => colour('grid'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  }
  return {
    ...sizeOf(parent),
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 20, 0, 0],
    scales: { x: { time: true } },
    axes: [
      { ...axis, size: 28, space: 44, values: (_plot, times) => times.map(clockTime) },
      { ...axis, size: 58, values: (_plot, prices) => prices.map(formatPrice) },
    ],
    series: [
      {},
      { stroke: () => colour('line'), fill: () => colour('area'), width: 2, points: { show: false } },
    ],
  }
}

const clockTime = (seconds: number) =>
  new Date(seconds * 1_000).toLocaleTimeString('en-GB', { timeStyle: 'short' })
