import type { TidingsError } from '@tidings/core'

/** An event of a run, as a loop yields it. */
export interface RunEvent {
  readonly type: string
  readonly data: unknown
}

/** How a run ended, or the reading of it. */
export type RunEnd =
  | { readonly status: 'done'; readonly output: unknown }
  | { readonly status: 'failed'; readonly error: TidingsError }

/** A reader of a run, which receives each event once, from the beginning. */
export interface RunReader {
  /**
   * Whether the reader takes no events for now. The ones that it has left out are requested again when it calls
   * `RunTopic.resume`.
   */
  readonly isFull: boolean
  /** @param length of the event as text */
  onEvent(event: RunEvent, length: number): void
  /** Called last. */
  onEnded(end: RunEnd): void
}
