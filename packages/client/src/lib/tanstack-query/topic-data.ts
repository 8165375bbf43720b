import type { AnyQuery } from './query-watch.js'
import type { FeedItem } from './topic-feed.js'
import { type Folded, foldItems, foldOf, type TopicFold } from './topic-fold.js'

/** Data that topics' items alone have given, with the hash of the query. */
const given = new WeakMap<object, string>()

/**
 * The data of a topic's query in the cache, to which others may write, too: a mutation that is optimistic.
 *
 * Events are folded into what the cache has, so that such data stays. The data without it is folded beside it: a mutation
 * that fails writes back what the cache had before, and the events that came meanwhile must not be lost with that. See
 * decision 019.
 */
export class TopicData {
  readonly #query: AnyQuery
  #fold: TopicFold | undefined
  /** What the topic's items alone give. */
  #own: unknown
  #shown: unknown
  #isWriting = false

  constructor(query: AnyQuery) {
    this.#query = query
  }

  /** Whether the cache's notification is of what this object writes. */
  get isWriting(): boolean {
    return this.#isWriting
  }

  /** Continues from the data in the cache. */
  begin(fold: TopicFold): void {
    this.#fold = fold
    this.#shown = this.#query.state.data
    this.#keep(this.#shown)
  }

  /** Folds items into the data. Returns what the reducer threw. */
  add(items: readonly FeedItem[]): readonly unknown[] {
    // The newest observer's, whose reducer has what the component has rendered with.
    const fold = foldOf(this.#query.options.queryFn) ?? this.#fold
    if (!fold) return []
    const { data } = this.#query.state
    const own = foldItems(fold, this.#own, items)
    const next: Folded = Object.is(data, this.#own) ? own : foldItems(fold, data, items)
    this.#keep(own.data)
    this.#write(next.data)
    return next.thrown
  }

  /** Another writer has changed the data, or may have. */
  onWritten(by: 'setState' | 'other'): void {
    const { data } = this.#query.state
    if (Object.is(data, this.#shown)) return
    this.#shown = data
    // What a server rendered, or a cancelled fetch restores, is older than what the topic's events give.
    const isFormer = isObject(data) && given.get(data) === this.#query.queryHash
    if (by === 'setState' || isFormer) this.#write(this.#own)
  }

  #keep(own: unknown): void {
    this.#own = own
    if (isObject(own)) given.set(own, this.#query.queryHash)
  }

  #write(data: unknown): void {
    if (Object.is(data, this.#query.state.data)) return
    this.#isWriting = true
    try {
      // With the option `structuralSharing`, the cache has another object than the one given.
      this.#shown = this.#query.setData(data, { manual: true })
    } finally {
      this.#isWriting = false
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
