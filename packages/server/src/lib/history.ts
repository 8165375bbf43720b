import { atLeast, invalidOptions, requireKnownKeys } from './validate-options.js'

/** How much a topic's log keeps for subscribers that reconnect or read slowly. */
export interface HistoryOptions {
  /**
   * The number of events kept for each topic.
   *
   * A cursor older than the log is answered with a `gap` and, where the channel has one, a fresh snapshot.
   * Raise it for channels without a snapshot. 0 keeps no events, so every reconnect that missed an event is a
   * gap.
   *
   * Defaults to 256.
   */
  size?: number
  /**
   * Milliseconds an event is kept. A topic unused for longer is released.
   *
   * Defaults to 120,000: two minutes.
   */
  ms?: number
}

/** How much a log keeps. Both bounds hold. */
export interface HistoryBounds {
  readonly size: number
  readonly ms: number
}

/** Which events a subscriber receives: every event, or only the newest of each name that it has not received. */
export type Delivery = 'every' | 'latest'

export const defaultHistory: HistoryBounds = { size: 256, ms: 120_000 }

/** Fills in the missing bounds of a history. @throws TidingsError `invalid_options` for a bound out of range */
export function resolveHistory(
  history: HistoryOptions | undefined,
  defaults: HistoryBounds,
  name: string,
  maker?: string,
): HistoryBounds {
  if (history !== undefined) requireKnownKeys(name, history, ['size', 'ms'], maker)
  return {
    size: wholeNumber(`${name}.size`, history?.size ?? defaults.size, maker),
    ms: atLeast(`${name}.ms`, history?.ms, defaults.ms, 0, maker),
  }
}

function wholeNumber(name: string, value: number, maker?: string): number {
  if (value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= 0)) return value
  throw invalidOptions(`${name} is ${String(value)}. Give a whole number of 0 or more, or Infinity`, maker)
}
