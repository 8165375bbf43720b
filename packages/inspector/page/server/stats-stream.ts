import type { BusiestParts, StatsSample } from '../../src/lib/stats-contract.js'

/** Five minutes. */
const shownMs = 300_000

/** Milliseconds until a stream that was refused is asked for again. An EventSource does not ask again. */
const retryMs = 3_000

export interface StatsView {
  /** Oldest first. */
  readonly samples: readonly StatsSample[]
  readonly busiest: BusiestParts | undefined
  /** What the position of each listed topic was a sample earlier. */
  readonly before: BusiestParts | undefined
  readonly isLive: boolean
}

/** The stats of the server, as long as they are observed: a topic of the inspector's own server, read by an EventSource. */
export class StatsStream {
  readonly #url: string
  readonly #listeners = new Set<() => void>()
  #source: EventSource | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #view: StatsView = { samples: [], busiest: undefined, before: undefined, isLive: false }

  constructor(mount: string) {
    this.#url = `${mount}/$inspect/events/stats`
  }

  get view(): StatsView {
    return this.#view
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#open()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#close()
    }
  }

  #open(): void {
    const source = new EventSource(this.#url)
    this.#source = source
    source.addEventListener('$snapshot', ({ data }: MessageEvent<string>) => {
      this.#add((JSON.parse(data) as { samples: StatsSample[] }).samples)
    })
    source.addEventListener('sample', ({ data }: MessageEvent<string>) => {
      const { sample, busiest } = JSON.parse(data) as { sample: StatsSample; busiest: BusiestParts }
      this.#add([sample], { busiest, before: this.#view.busiest, isLive: true })
    })
    source.addEventListener('error', () => {
      this.#change({ isLive: false })
      if (source.readyState !== EventSource.CLOSED) return
      this.#retry = setTimeout(() => this.#open(), retryMs)
    })
  }

  #close(): void {
    clearTimeout(this.#retry)
    this.#source?.close()
    this.#source = undefined
  }

  /** Adds samples, some of which may be there: a snapshot and the events after it may overlap. */
  #add(samples: readonly StatsSample[], change: Partial<StatsView> = {}): void {
    const known = this.#view.samples
    const last = known.at(-1)?.at ?? 0
    const all = [...known, ...samples.filter(({ at }) => at > last)]
    const newest = all.at(-1)?.at ?? 0
    this.#change({ ...change, samples: all.filter(({ at }) => at > newest - shownMs) })
  }

  #change(change: Partial<StatsView>): void {
    this.#view = { ...this.#view, ...change }
    for (const listener of this.#listeners) listener()
  }
}
