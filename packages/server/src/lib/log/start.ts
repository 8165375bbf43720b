import { TidingsError } from '@tidings/core'
import type { Cursor, ServerGapReason } from '@tidings/core/wire'
import type { Topic } from './topic.js'

/** Where a subscription begins: at the head of the log, at its beginning, or at the cursor of its client. */
export type Start =
  | { readonly kind: 'head' }
  | { readonly kind: 'beginning' }
  | { readonly kind: 'resume'; readonly cursor: Cursor | undefined }

/** Returns the cursor of a start, if it has a valid one. */
export function cursorOf(start: Start): Cursor | undefined {
  return start.kind === 'resume' ? start.cursor : undefined
}

/** Returns why a subscription with this start has missed events, or undefined if it has not. */
export function gapAtStart({ log }: Topic, start: Start): ServerGapReason | undefined {
  if (start.kind === 'head') return undefined
  if (start.kind === 'beginning') return log.reaches(0) ? undefined : 'expired'
  return start.cursor ? log.gapAt(start.cursor) : 'invalid'
}

/** @throws TidingsError `gone` or `interrupted` if a subscription with this start has missed events of a gapless log */
export function requireGapless(topic: Topic, start: Start): void {
  const reason = topic.channel.isGapless && gapAtStart(topic, start)
  if (reason) throw missedError(reason)
}

/** Returns the error of a subscriber of a gapless log that missed events. */
export function missedError(reason: ServerGapReason): TidingsError {
  if (reason === 'expired') {
    const message = 'The events at this position of the run are no longer kept: its log has reached a limit'
    return new TidingsError({ code: 'gone', message })
  }
  const message = 'The events of the run were lost. Call the stream again'
  return new TidingsError({ code: 'interrupted', message })
}
