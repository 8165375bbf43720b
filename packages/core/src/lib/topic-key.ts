/** The parts of a topic's key. */
export interface TopicKeyParts {
  /** The path of the channel: `chat/room`. */
  readonly path: string
  /** The query string of the params, without `?`; empty for a channel without params. */
  readonly query: string
}

/** Formats the key of a topic: `chat/room?roomId=lobby`. */
export function topicKey(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`
}

/** Splits the key of a topic. Any text is split: whether the channel exists is not checked. */
export function parseTopicKey(key: string): TopicKeyParts {
  const end = key.indexOf('?')
  return end < 0 ? { path: key, query: '' } : { path: key.slice(0, end), query: key.slice(end + 1) }
}
