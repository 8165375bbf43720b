import { parseTopicKey, topicKey } from './topic-key.js'

/** The parts of a run's key. */
export interface RunKeyParts {
  /** The path of the stream: `chat/complete`. */
  readonly path: string
  /** The id of the run. */
  readonly id: string
}

/**
 * The pattern of a run's id. 22 characters of this alphabet hold 128 random bits, so that an id cannot be guessed.
 * A UUID fits as well.
 */
export const runIdPattern = /^[A-Za-z0-9_-]{22,64}$/

// No param of a channel has this name: those of a contract cannot begin with `$`.
const prefix = '$run='

/** Whether a text is the id of a run. */
export function isRunId(text: string): boolean {
  return runIdPattern.test(text)
}

/** Formats the key of a run, which stands wherever a topic's key does: `chat/complete?$run=<id>`. */
export function runKey(path: string, id: string): string {
  return topicKey(path, prefix + id)
}

/** Splits the key of a run. Returns undefined for any other text. Whether the stream exists is not checked. */
export function parseRunKey(key: string): RunKeyParts | undefined {
  const { path, query } = parseTopicKey(key)
  const id = query.slice(prefix.length)
  return query.startsWith(prefix) && isRunId(id) ? { path, id } : undefined
}
