import type { Readable, Writable } from 'node:stream'

/** A stream to write text to, which may be a terminal. */
export type TextSink = Writable & {
  readonly isTTY?: boolean | undefined
  /** Characters that fit on one line of the terminal. */
  readonly columns?: number | undefined
}

/** What the program has of its process. Tests give their own. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: TextSink
  readonly stderr: TextSink
  readonly env: Readonly<Record<string, string | undefined>>
  /** The directory that relative paths start from. */
  readonly cwd: string
  /** Fires when the program is to end: its reason is an {@link Interruption}. */
  readonly signal: AbortSignal
}

/** Why the program ends early. */
export class Interruption extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('The program was interrupted')
    this.name = 'Interruption'
    this.exitCode = exitCode
  }
}
