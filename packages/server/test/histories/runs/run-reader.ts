import type { RunWitness } from './run-witness.js'

/** Where a reader asks to begin. */
export type From = 'last' | 'beginning' | 'elsewhere' | 'future'

/** One reader of one run, by whatever way. */
export interface RunReader {
  readonly witness: RunWitness
  /** Whether the server certainly counts it as a reader of the run. */
  readonly isAttached: boolean
  /** Whether it waits for what it has asked for. */
  readonly isBusy: boolean
  /** Whether something is on its way that changes whether it is attached. */
  readonly isChanging: boolean
  /** Whether a request has no response yet. */
  readonly isWaiting: boolean
  /** The server behind a port, or behind any, may end what it carries. */
  unsettle(port?: number): void
  attach(port: number, from: From): void
  /** Starts the run, or starts it again as a client does that has received no answer, and reads it. */
  start(port: number): void
  /** Leaves on purpose, where the protocol has a way to say so. Returns whether it has. */
  detach(port: number): boolean
  /** Leaves unread what comes from now on, until it attaches again. */
  hold(port: number): void
  /** Stops and goes on to take what has arrived. */
  pause(): void
  resume(): void
  cutAfter(bytes: number): void
  /** Cuts its connection if the server may have ended that, and is not to cut it otherwise. */
  settle(): void
  /** Loses its connection, and does not come back by itself. */
  abandon(): void
}

/** Returns the cursor to ask for. */
export function cursorFrom(from: From, { lastId }: RunWitness): string | undefined {
  if (from === 'beginning') return undefined
  if (from === 'elsewhere') return 'elsewhere.3'
  if (from === 'last' || lastId === undefined) return lastId
  return lastId.replace(/\d+$/, (seq) => String(Number(seq) + 1_000_000))
}

/** The headers of a client that is who started the runs. */
export const asStarter = { 'x-user': 'ada' }

export const starterLines = 'x-user: ada\r\n'

/** The body with which a run is started. */
export function inputOf(id: string, wish = 'mine') {
  return { run: Number(id.slice(-1)), wish }
}
