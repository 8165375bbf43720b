import { quantile } from '../lib/quantile.js'
import { digits, markdownTable } from '../lib/table.js'
import type { ListReading } from './measure-list.js'
import { variants } from './variants.js'

/** The time of a frame at 60 Hz, in milliseconds. */
export const frameMs = 1_000 / 60

/** Returns how many frames a page should have shown and did not. */
export function droppedFrames({ intervals }: Pick<ListReading, 'intervals'>): number {
  return intervals.reduce((sum, ms) => sum + Math.max(0, Math.round(ms / frameMs) - 1), 0)
}

/** Formats the readings as a Markdown table. */
export function listTable(readings: readonly ListReading[]): string {
  const rows = readings.map((reading) => {
    const { variant, seconds, events, renders, cpu, intervals, longTasks } = reading
    const long = longTasks.reduce((sum, { ms }) => sum + ms, 0)
    return [
      variants[variant],
      `${Math.round(events / seconds)}`,
      `${Math.round(renders / seconds)}`,
      `${digits(quantile(intervals, 0.5))} ms`,
      `${digits(quantile(intervals, 0.99))} ms`,
      `${Math.round((droppedFrames(reading) / (intervals.length + droppedFrames(reading))) * 100)} %`,
      longTasks.length === 0 ? 'none' : `${longTasks.length}, ${Math.round(long)} ms`,
      `${Math.round(cpu * 100)} %`,
    ]
  })
  const head = [
    'the page has, in addition',
    'events/s',
    'renders/s',
    'frame',
    'p99 frame',
    'frames dropped',
    'long tasks',
    'CPU of a core',
  ]
  return markdownTable([head, ...rows])
}
