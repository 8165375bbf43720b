import type { Quote } from '../contract'
import type { PricesClient } from './clients'

/** A price as the page shows it. `trend` is the direction of the last change. */
export interface Row {
  readonly quote: Quote
  readonly trend: 'up' | 'down' | 'none'
}

/** What a board has counted since the page was opened. */
export interface BoardTotals {
  readonly received: number
  /** Changes of prices that were replaced by a newer one on the way. */
  readonly skipped: number
  /** How many times the page was told to render. */
  readonly renders: number
}

/**
 * The newest price of each symbol.
 *
 * Every change updates a row at once. What shows a row is told once a frame, however many changes there were.
 */
export class Board {
  readonly #rows = new Map<string, Row>()
  readonly #listeners = new Map<string, Set<() => void>>()
  /** The symbols that have changed since the last frame. */
  readonly #changed = new Set<string>()
  #frame: number | undefined
  #received = 0
  #skipped = 0
  #renders = 0

  get totals(): BoardTotals {
    return { received: this.#received, skipped: this.#skipped, renders: this.#renders }
  }

  rowOf(symbol: string): Row | undefined {
    return this.#rows.get(symbol)
  }

  /** Calls a listener in the frame after a row has changed. Returns a function that stops it. */
  subscribe(symbol: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(symbol) ?? new Set()
    this.#listeners.set(symbol, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  /** Follows the prices of symbols, each a topic. Returns a function that ends it. */
  follow(client: PricesClient, symbols: readonly string[]): () => void {
    const stops = symbols.map((symbol) =>
      client.quote({ symbol }).subscribe({
        snapshot: (quote) => this.#take(symbol, quote),
        changed: (quote) => {
          this.#received += 1
          this.#take(symbol, quote, 1)
        },
      }),
    )
    return () => {
      for (const stop of stops) stop()
    }
  }

  /** @param counted the number of changes that the page has received with this quote */
  #take(symbol: string, quote: Quote, counted = 0): void {
    const before = this.#rows.get(symbol)
    const moved = before ? quote.price - before.quote.price : 0
    const trend = moved > 0 ? 'up' : moved < 0 ? 'down' : (before?.trend ?? 'none')
    // A server that has restarted counts from the beginning.
    if (before) this.#skipped += Math.max(0, quote.change - before.quote.change - counted)
    this.#rows.set(symbol, { quote, trend })
    this.#changed.add(symbol)
    this.#frame ??= requestAnimationFrame(() => this.#render())
  }

  #render(): void {
    this.#frame = undefined
    this.#renders += 1
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const symbol of changed) for (const listener of this.#listeners.get(symbol) ?? []) listener()
  }
}
