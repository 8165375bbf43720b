import type { TidingsError } from '@tidings/core'
import { encodeSignal, toProblem } from '@tidings/core/wire'
import type { ChannelSettings } from '../log/topic-ref.js'

/** The bounds of a run's log: the run keeps it within its size itself. */
export const unbounded = { size: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }

/** How much a handler that does not await its emits may append beyond the bound of the log, in characters. */
export const overfullLength = 1024 * 1024

/** What the log of a run brings to its topic. */
export const runChannel = {
  history: unbounded,
  delivery: 'every',
  loadSnapshot: undefined,
  runSource: undefined,
  isGapless: true,
} as const satisfies ChannelSettings

/** Returns the last frame of a run that has failed. */
export function failureFrame(key: string, error: TidingsError): string {
  return encodeSignal('$error', { ...toProblem(error), topic: key, ended: true })
}
