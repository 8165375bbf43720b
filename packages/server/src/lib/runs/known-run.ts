import type { StreamImplementation } from '../bind-handlers.js'
import type { TopicHolder } from '../log/topic-limits.js'
import { idUsedBefore } from './run-errors.js'

/** A request to start a run. */
export interface RunStart {
  readonly stream: StreamImplementation
  readonly id: string
  /** The client that starts it. */
  readonly starter: TopicHolder
  /** A hash of the input, which a repeated request has as well. */
  readonly fingerprint: string
}

/** A run that exists, on this node or another. */
export interface KnownRun {
  /** The path of its stream. */
  readonly path: string
  /** The principal that started it. */
  readonly startedBy?: string | undefined
  /** A hash of its input. */
  readonly fingerprint: string
  /** The node that runs its handler; absent if that is this one, or was. */
  readonly node?: string
}

/** @throws TidingsError `conflict` unless a repeated request is the same as the first */
export function requireSame(first: KnownRun, { stream, starter, fingerprint }: RunStart): void {
  const isSame =
    first.path === stream.compiled.path &&
    first.startedBy === starter.principal &&
    first.fingerprint === fingerprint
  if (isSame) return
  throw idUsedBefore()
}
