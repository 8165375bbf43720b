/** The names of keys and channels in Redis. */
export class RedisKeys {
  readonly prefix: string

  constructor(prefix: string) {
    this.prefix = prefix
  }

  /** The keys of a topic's log. */
  log(topic: string): [head: string, log: string] {
    const name = this.#topic(topic)
    return [`${name}:head`, `${name}:log`]
  }

  /** The key of the last batch that a process appended to a topic. */
  guard(topic: string, process: string): string {
    return `${this.#topic(topic)}:by:${process}`
  }

  /**
   * The channel of a topic's updates. It is not passed as a key: keys may be missing while a cluster moves
   * them.
   */
  updates(topic: string): string {
    return `${this.#topic(topic)}:news`
  }

  /** The key of a value or holder. */
  name(name: string): string {
    return `${this.prefix}:name:${name}`
  }

  /** The channel of messages to a name. */
  messages(name: string): string {
    return `${this.prefix}:to:${name}`
  }

  count(name: string): string {
    return `${this.prefix}:count:${name}`
  }

  /** The key of a token bucket. */
  bucket(name: string): string {
    return `${this.prefix}:bucket:${name}`
  }

  /** The part in braces keeps everything of a topic in one hash slot. */
  #topic(topic: string): string {
    return `${this.prefix}:{${topic}}`
  }
}
