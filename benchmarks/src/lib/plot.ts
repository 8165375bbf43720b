import type { FlowResult, ScenarioResult } from './result.js'
import { baseline } from './subject-names.js'
import { digits } from './table.js'

const width = 760
const labelWidth = 165
const valueWidth = 75
const barHeight = 18
const pitch = 25
const panelHead = 52

/**
 * Draws the cost of a delivery in some scenarios, as multiples of the baseline, on a logarithmic scale.
 *
 * The plot has a background of its own, so that it is readable on any page.
 */
export function plotOf(scenarios: readonly ScenarioResult[], footnote: string): string {
  const panels = scenarios.map((scenario) => ({ ...scenario, bars: barsOf(scenario) }))
  const ratios = panels.flatMap(({ bars }) => bars.map(({ ratio }) => ratio))
  const scale = logScale(Math.min(1, ...ratios) * 0.8, Math.max(1, ...ratios))
  let top = 62
  const drawn = panels.map(({ title, bars }) => {
    const panel = drawPanel(title, bars, scale, top)
    top += panelHead + bars.length * pitch + 14
    return panel
  })
  const height = top + 26
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Server CPU for each delivered event, as a multiple of hand-written">
<style>
svg { --back: #ffffff; --text: #1f2328; --faint: #656d76; --line: #d1d9e0; --bar: #9aa7b4; --own: #1a7f5a; font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif }
@media (prefers-color-scheme: dark) { svg { --back: #0d1117; --text: #e6edf3; --faint: #9198a1; --line: #30363d; --bar: #5b6875; --own: #3fb98a } }
.back { fill: var(--back) } text { fill: var(--text); stroke: var(--back); stroke-width: 4px; paint-order: stroke } .faint { fill: var(--faint) } .bar { fill: var(--bar) } .own { fill: var(--own) }
.head { font-size: 17px; font-weight: 600 } .title { font-weight: 600 } .small { font-size: 11px } .end { text-anchor: end } .middle { text-anchor: middle } .bold { font-weight: 700 }
line { stroke: var(--line) } .base { stroke: var(--faint); stroke-dasharray: 3 3 }
</style>
<rect class="back" width="${width}" height="${height}" rx="8"/>
<text class="head" x="20" y="32">Server CPU for each delivered event</text>
<text class="faint" x="20" y="52">as a multiple of ${baseline}, on a logarithmic scale: shorter is better</text>
${drawn.join('\n')}
<text class="faint small" x="20" y="${height - 14}">${escaped(footnote)}</text>
</svg>
`
}

interface Bar {
  readonly subject: string
  readonly ratio: number
}

function barsOf({ results }: ScenarioResult): Bar[] {
  return results
    .filter((result): result is FlowResult => result.kind === 'flow')
    .flatMap(({ subject, ratio }) => (ratio ? [{ subject, ratio: ratio.median }] : []))
    .sort((a, b) => a.ratio - b.ratio)
}

/** Returns the x coordinate of a ratio. */
type Scale = (ratio: number) => number

function logScale(least: number, most: number): Scale {
  const room = width - labelWidth - valueWidth
  return (ratio) => labelWidth + (room * Math.log(ratio / least)) / Math.log(most / least)
}

function drawPanel(title: string, bars: readonly Bar[], scale: Scale, top: number): string {
  const first = top + panelHead - 10
  const bottom = first + bars.length * pitch
  const base = scale(1).toFixed(1)
  const rows = bars.map(({ subject, ratio }, at) => {
    const y = first + at * pitch
    const own = subject.startsWith('tidings')
    const end = scale(ratio)
    return [
      `<text class="end${own ? ' bold' : ''}" x="${labelWidth - 10}" y="${y + 14}">${escaped(subject)}</text>`,
      `<rect class="${own ? 'own' : 'bar'}" x="${labelWidth}" y="${y}" width="${(end - labelWidth).toFixed(1)}" height="${barHeight}" rx="2"/>`,
      `<text class="${own ? 'bold' : ''}" x="${(end + 7).toFixed(1)}" y="${y + 14}">${digits(ratio)} ×</text>`,
    ].join('')
  })
  return [
    `<text class="title" x="20" y="${top + 26}">${escaped(title)}</text>`,
    `<line class="base" x1="${base}" x2="${base}" y1="${first - 5}" y2="${bottom}"/>`,
    ...rows,
  ].join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
