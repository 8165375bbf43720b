import type { ClientScript } from './client-script.js'
import type { FeedEvent } from './feed-event.js'

/** What is compared: each file in `subjects/` exports one as `start`. */
export type StartSubject = () => Promise<Subject>

/** A server that is running, on a free port of 127.0.0.1. */
export interface Subject {
  readonly port: number
  /** What a subscriber has to say to it. */
  readonly client: ClientScript
  /** Sends one event to every subscriber. */
  emit(event: FeedEvent): void
  /** How many subscribers there are at the moment. */
  subscribers(): number
  stop(): void
}
