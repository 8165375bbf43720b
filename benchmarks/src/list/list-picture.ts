import { droppedFrames, frameMs } from './list-result.js'
import type { ListReading } from './measure-list.js'
import { variants } from './variants.js'

const width = 760
const left = 20
const plotWidth = width - 2 * left
const plotHeight = 56
const pitch = plotHeight + 46
/** The interval that fills the height of a plot. Longer ones are cut off. */
const highestMs = 100

/** Draws the frames of each page over time: a bar for each frame, as high as it was long. */
export function listPicture(readings: readonly ListReading[], footnote: string): string {
  const height = 74 + readings.length * pitch + 26
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Frames of a list of 1,000 rows that receives 1,000 events a second">
<style>
svg { --back: #ffffff; --text: #1f2328; --faint: #656d76; --line: #d1d9e0; --bar: #1a7f5a; --late: #bf8700; --long: #cf222e; font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif }
@media (prefers-color-scheme: dark) { svg { --back: #0d1117; --text: #e6edf3; --faint: #9198a1; --line: #30363d; --bar: #3fb98a; --late: #d29922; --long: #f85149 } }
.back { fill: var(--back) } text { fill: var(--text) } .faint { fill: var(--faint) } .head { font-size: 17px; font-weight: 600 } .title { font-weight: 600 } .small { font-size: 11px } .end { text-anchor: end }
.bar { fill: var(--bar) } .late { fill: var(--late) } .long { fill: var(--long) } line { stroke: var(--line) }
</style>
<rect class="back" width="${width}" height="${height}" rx="8"/>
<text class="head" x="${left}" y="32">1,000 rows, 1,000 events a second</text>
<text class="faint" x="${left}" y="52">each bar is a frame, as high as it took: green up to 25 ms, yellow to 50, red above, cut off at ${highestMs}</text>
${readings.map((reading, index) => panel(reading, 74 + index * pitch)).join('\n')}
<text class="faint small" x="${left}" y="${height - 14}">${footnote}</text>
</svg>
`
}

function panel(reading: ListReading, top: number): string {
  const { variant, intervals, renders, seconds, longTasks } = reading
  const bottom = top + 26 + plotHeight
  const total = intervals.reduce((sum, ms) => sum + ms, 0)
  let at = 0
  const bars = intervals.map((ms) => {
    const x = left + (at / total) * plotWidth
    at += ms
    const size = (Math.min(ms, highestMs) / highestMs) * plotHeight
    const kind = ms <= 25 ? 'bar' : ms <= 50 ? 'late' : 'long'
    return `<rect class="${kind}" x="${x.toFixed(1)}" y="${(bottom - size).toFixed(1)}" width="${Math.max(0.4, (ms / total) * plotWidth - 0.3).toFixed(1)}" height="${size.toFixed(1)}"/>`
  })
  const base = bottom - (frameMs / highestMs) * plotHeight
  return [
    `<text class="title" x="${left}" y="${top + 14}">${variants[variant]}</text>`,
    `<text class="faint end" x="${width - left}" y="${top + 14}">${Math.round(renders / seconds)} renders/s, ${droppedFrames(reading)} frames dropped, ${longTasks.length} long tasks</text>`,
    ...bars,
    `<line x1="${left}" x2="${width - left}" y1="${base.toFixed(1)}" y2="${base.toFixed(1)}"/>`,
    `<line x1="${left}" x2="${width - left}" y1="${bottom}" y2="${bottom}"/>`,
  ].join('\n')
}
