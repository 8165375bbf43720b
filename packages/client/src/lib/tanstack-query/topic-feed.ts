import type { Seed, TidingsError } from '@tidings/core'
import type { Failure, SignalOptions } from '../types/client.js'

/** A snapshot, a gap or an event of a topic. */
export interface FeedItem {
  readonly type: string
  readonly data: unknown
}

/** A topic, of which everything is folded. */
export interface FeedTopic {
  state(
    reducer: (state: object, item: FeedItem) => object,
    options: SignalOptions & { initial: object; seed?: Seed<unknown> | undefined },
  ): FeedState
}

interface FeedState {
  readonly isCurrent: boolean
  readonly ready: Promise<void>
  subscribe(run: () => void): unknown
  on(event: 'error', handler: (problem: TidingsError, about: Failure) => void): unknown
  close(): void
}

export interface FeedCallbacks {
  /** Called when there are new items, or when the feed becomes loaded: once for all items of a turn. */
  onChanged(feed: TopicFeed): void
  /** Called when the server refused the topic temporarily. The client retries. */
  onDelayed(problem: TidingsError): void
  /** Called last: the server refused the topic, or the client was closed. Not called after `close`. */
  onEnded(feed: TopicFeed, problem: TidingsError): void
}

/** One subscription to a topic, whose items wait until they are taken. */
export class TopicFeed {
  readonly #state: FeedState
  readonly #callbacks: FeedCallbacks
  #items: FeedItem[] = []
  #hasSnapshot = false
  #isInGap = false
  #thrown: unknown[] = []
  #isLive = false
  #end: TidingsError | undefined
  #isClosed = false

  /**
   * @param cursor the position of the data that there is already, which the items then follow
   * @throws TidingsError `closed` if the client is; `invalid_options` for a cursor that is not a position
   */
  constructor(topic: FeedTopic, callbacks: FeedCallbacks, cursor?: string) {
    this.#callbacks = callbacks
    this.#state = topic.state(
      (_, item) => {
        this.#add(item)
        // A new object for each item, so that each is a change.
        return {}
      },
      { initial: {}, seed: cursor === undefined ? undefined : { value: undefined, cursor } },
    )
    // A seed comes as the first item.
    if (cursor !== undefined) this.#items.shift()
    this.#state.on('error', (problem, { isFinal }) => {
      if (isFinal) this.#onEnded(problem)
      else if (!this.#isClosed) callbacks.onDelayed(problem)
    })
    this.#state.ready.then(
      () => {
        this.#isLive = true
        if (!this.#isClosed) callbacks.onChanged(this)
      },
      () => {},
    )
    this.#state.subscribe(() => this.#onChange())
  }

  /** Whether the topic is live, and its items include everything: no snapshot is awaited. */
  get isLoaded(): boolean {
    return this.#isLive && this.#state.isCurrent
  }

  /** Whether the channel has a snapshot, as far as this feed has seen. */
  get hasSnapshot(): boolean {
    return this.#hasSnapshot
  }

  /** Whether events were missed, and the snapshot that follows is awaited. */
  get isInGap(): boolean {
    return this.#isInGap
  }

  /** Why the feed has ended. */
  get end(): TidingsError | undefined {
    return this.#end
  }

  /** Returns the items that came since the last call. */
  take(): FeedItem[] {
    return this.#items.splice(0)
  }

  /** Has the client report what the reducer threw, with the next change. */
  report(thrown: readonly unknown[]): void {
    this.#thrown.push(...thrown)
  }

  close(): void {
    this.#isClosed = true
    this.#state.close()
  }

  #add(item: FeedItem): void {
    if (item.type === 'snapshot') {
      this.#hasSnapshot = true
      this.#isInGap = false
    }
    // Without a snapshot, a topic is current after a gap.
    if (item.type === 'gap') this.#isInGap = this.#hasSnapshot
    this.#items.push(item)
  }

  #onChange(): void {
    if (this.#isClosed) return
    // Ignored while the topic is followed. Otherwise the client was closed, which is not an `error`, and rejects this.
    if (!this.#state.isCurrent) this.#state.ready.catch((problem: TidingsError) => this.#onEnded(problem))
    this.#callbacks.onChanged(this)
    // Thrown in a handler of the client's, which reports it.
    const [first, ...others] = this.#thrown.splice(0)
    if (others.length > 0) throw new AggregateError([first, ...others], String(first))
    if (first !== undefined) throw first
  }

  #onEnded(problem: TidingsError): void {
    if (this.#isClosed || this.#end) return
    this.#end = problem
    this.#state.close()
    this.#callbacks.onEnded(this, problem)
  }
}
