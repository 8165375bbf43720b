/** The default maximum length of a topic's key, in bytes. */
export const defaultTopicKeyBytes = 4_096

/** Returns the problem of a topic's key that is too long. A canonical key is ASCII. */
export function keyTooLong(key: string, path: string, maxKeyBytes: number): string | undefined {
  if (key.length <= maxKeyBytes) return undefined
  return `The key of this topic of "${path}" is ${key.length} bytes long, and the limit is ${maxKeyBytes}. Use shorter params, or raise limits.topicKeyBytes`
}
