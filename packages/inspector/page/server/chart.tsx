import { type PointerEvent, useState } from 'react'
import { formatNumber } from './format.js'
import type { Point } from './series.js'

/** The coordinates of the drawing, which the page stretches to the room there is. */
const width = 300
const height = 48

interface ChartProps {
  readonly title: string
  readonly points: readonly Point[]
  /** The times that the chart spans, in milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  readonly unit?: string
  /** Whether any value but 0 deserves attention. */
  readonly isWarning?: boolean
}

/** A small chart of one value over the last minutes, with the newest value in figures. */
export function Chart({ title, points, from, to, unit = '', isWarning = false }: ChartProps) {
  const [pointed, setPointed] = useState<number>()
  const last = points.findLast(({ value }) => value !== undefined)
  const chosen = pointed === undefined ? last : nearest(points, from + pointed * (to - from))
  const most = points.reduce((max, { value = 0 }) => Math.max(max, value), 0)
  const scale = niceMaximum(most)
  const x = ({ at }: Point) => ((at - from) / Math.max(1, to - from)) * width
  const y = (value: number) => height - 1 - (value / scale) * (height - 3)

  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const { left, width: shown } = event.currentTarget.getBoundingClientRect()
    setPointed(Math.max(0, Math.min(1, (event.clientX - left) / shown)))
  }
  return (
    <figure className="chart" data-warning={isWarning && most > 0}>
      <figcaption>
        <span>{title}</span>
        <strong>
          {chosen?.value === undefined ? '–' : formatNumber(chosen.value)}
          {unit}
        </strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: at most ${formatNumber(most)}${unit} in the last minutes`}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setPointed(undefined)}
      >
        <path className="chart-area" d={areaOf(points, x, y)} />
        <path className="chart-line" d={lineOf(points, x, y)} />
        {pointed !== undefined && chosen && (
          <line className="chart-pointer" x1={x(chosen)} x2={x(chosen)} y1={0} y2={height} />
        )}
      </svg>
      <span className="chart-most" aria-hidden="true">
        {pointed === undefined || !chosen
          ? `max ${formatNumber(most)}`
          : new Date(chosen.at).toLocaleTimeString('en-GB')}
      </span>
    </figure>
  )
}

type ToX = (point: Point) => number
type ToY = (value: number) => number

function lineOf(points: readonly Point[], x: ToX, y: ToY): string {
  let isDown = false
  let path = ''
  for (const point of points) {
    if (point.value === undefined) isDown = false
    else {
      path += `${isDown ? 'L' : 'M'}${x(point).toFixed(1)} ${y(point.value).toFixed(1)}`
      isDown = true
    }
  }
  return path
}

/** Returns the area below each part of the line. */
function areaOf(points: readonly Point[], x: ToX, y: ToY): string {
  let path = ''
  let last: Point | undefined
  const end = () => {
    if (last) path += `L${x(last).toFixed(1)} ${height}Z`
    last = undefined
  }
  for (const point of points) {
    if (point.value === undefined) {
      end()
      continue
    }
    if (!last) path += `M${x(point).toFixed(1)} ${height}`
    path += `L${x(point).toFixed(1)} ${y(point.value).toFixed(1)}`
    last = point
  }
  end()
  return path
}

function nearest(points: readonly Point[], at: number): Point | undefined {
  let found: Point | undefined
  for (const point of points) {
    if (point.value === undefined) continue
    if (!found || Math.abs(point.at - at) < Math.abs(found.at - at)) found = point
  }
  return found
}

/** Returns the top of the scale: 1, 2 or 5 times a power of ten, so that the line does not jump with each value. */
function niceMaximum(most: number): number {
  if (most <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return ([1, 2, 5, 10].find((step) => step * power >= most) ?? 10) * power
}
