import picocolors from 'picocolors'
import type { Io, TextSink } from './io.js'
import { printable } from './printable.js'

export type Colors = ReturnType<typeof picocolors.createColors>

/**
 * What a command prints: results to stdout, everything else to stderr.
 *
 * Each method resolves when more can be written, which a command that prints without end waits for.
 */
export interface Output {
  /** Colours for stdout. They leave text as it is unless stdout is a terminal. */
  readonly colors: Colors
  /** Colours for stderr. */
  readonly noteColors: Colors
  /** Characters that fit on one line. */
  readonly columns: number
  /** Prints text and a line break to stdout. */
  print(text: string): Promise<void>
  /** Prints a value as one line of JSON to stdout. */
  printJson(value: unknown): Promise<void>
  /** Prints text and a line break to stderr: progress, and what went wrong. */
  note(text: string): Promise<void>
}

/** @param color the option `--color`, if it was given */
export function createOutput({ stdout, stderr, env }: Io, color?: boolean | undefined): Output {
  const line = (sink: TextSink) => (text: string) => write(sink, `${text}\n`)
  const print = line(stdout)
  return {
    colors: picocolors.createColors(hasColors(stdout, env, color)),
    noteColors: picocolors.createColors(hasColors(stderr, env, color)),
    columns: columnsOf(stdout),
    print,
    // Characters that a terminal obeys are in texts only, where JSON may have them written out.
    printJson: (value) => print(printable(JSON.stringify(value))),
    note: line(stderr),
  }
}

/** Characters that fit on one line, at most 110, which is as long as a line can be read. */
export function columnsOf({ columns = 80 }: TextSink): number {
  return Math.max(40, Math.min(columns, 110))
}

/** See https://no-color.org and https://force-color.org. */
function hasColors({ isTTY }: TextSink, env: Io['env'], color: boolean | undefined): boolean {
  if (color !== undefined) return color
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0'
  return isTTY === true && env['TERM'] !== 'dumb'
}

function write(sink: TextSink, text: string): Promise<void> {
  if (sink.destroyed || sink.write(text)) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      sink.off('drain', done)
      sink.off('close', done)
      resolve()
    }
    sink.once('drain', done)
    sink.once('close', done)
  })
}
