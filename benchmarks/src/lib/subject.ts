import type { ClientScript } from './client-script.js'
import type { FeedEvent } from './feed-event.js'

/** Starts a subject of the comparison. Each file in `subjects/` exports one as `start`. */
export type StartSubject = () => Promise<Subject>

/** A running server, on a free port of 127.0.0.1. */
export interface Subject {
  readonly port: number
  /** The script of a subscriber's client. */
  readonly client: ClientScript
  /** Sends one event to every subscriber. */
  emit(event: FeedEvent): void
  /** Returns the current number of subscribers. */
  subscribers(): number
  stop(): void
}
