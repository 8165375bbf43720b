import type { Listing, Point, Quote } from '../contract'
import { listingsOf } from './listings'
import { randomOf } from './random'

export interface MarketOptions {
  readonly seed: number
  readonly changesPerSecond: number
  /** When the market opens, in milliseconds since the epoch. */
  readonly openedAt: number
}

type Listener<Value> = (value: Value) => void

/** How many seconds of prices are kept for charts. */
const keptSeconds = 300

/** How much a price moves with one change, as a part of it. */
const step = 0.0002

/** How unevenly the changes are spread: with 1, every symbol changes equally often. */
const skew = 1.5

/** One symbol, its price, its last minutes, and what follows it. */
class Instrument {
  readonly listing: Listing
  readonly points: Point[] = []
  readonly quoteListeners = new Set<Listener<Quote>>()
  readonly pointListeners = new Set<Listener<Point>>()
  quote: Quote

  constructor(listing: Listing) {
    this.listing = listing
    this.quote = { price: listing.open, change: 0 }
  }

  /** Moves the price by some steps up or down. */
  move(steps: number): void {
    const { price, change } = this.quote
    this.quote = {
      price: Math.max(0.01, Math.round(price * (1 + steps * step) * 100) / 100),
      change: change + 1,
    }
    for (const listener of this.quoteListeners) listener(this.quote)
  }

  /** Moves the price by a step. It rather returns to the opening price than departs from it further. */
  drift(random: () => number): void {
    const away = this.quote.price / this.listing.open - 1
    this.move(random() < 0.5 - away / 2 ? 1 : -1)
  }

  endSecond(at: number): void {
    const point = { at, price: this.quote.price }
    this.points.push(point)
    if (this.points.length > keptSeconds) this.points.shift()
    for (const listener of this.pointListeners) listener(point)
  }
}

/** A market whose prices walk at random. The same seed and the same time give the same prices. */
export class Market {
  readonly #changesPerSecond: number
  readonly #random: () => number
  readonly #instruments: readonly Instrument[]
  readonly #bySymbol: ReadonlyMap<string, Instrument>
  readonly #paceListeners = new Set<Listener<number>>()
  #now: number
  /** The part of a change that was due when the market was last advanced. */
  #due = 0
  #changesInSecond = 0

  constructor({ seed, changesPerSecond, openedAt }: MarketOptions) {
    this.#changesPerSecond = changesPerSecond
    this.#random = randomOf(seed)
    this.#instruments = listingsOf(this.#random).map((listing) => new Instrument(listing))
    this.#bySymbol = new Map(this.#instruments.map((each) => [each.listing.symbol, each]))
    this.#now = openedAt
    const second = Math.floor(openedAt / 1_000)
    for (let at = second - keptSeconds + 1; at <= second; at += 1) {
      for (const [n, instrument] of this.#instruments.entries()) {
        // In one step, as far as its changes of a second would take it.
        const changes = changesPerSecond * this.#shareOf(n)
        instrument.move((this.#random() - 0.5) * Math.sqrt(12 * changes))
        instrument.endSecond(at)
      }
    }
  }

  get listings(): readonly Listing[] {
    return this.#instruments.map(({ listing }) => listing)
  }

  get changesPerSecond(): number {
    return this.#changesPerSecond
  }

  has(symbol: string): boolean {
    return this.#bySymbol.has(symbol)
  }

  quoteOf(symbol: string): Quote {
    return this.#instrument(symbol).quote
  }

  pointsOf(symbol: string): readonly Point[] {
    return this.#instrument(symbol).points
  }

  /** Calls a listener with each change of a price. Returns a function that stops it; so do the other three. */
  onQuote(symbol: string, listener: Listener<Quote>): () => void {
    return added(this.#instrument(symbol).quoteListeners, listener)
  }

  /** Calls a listener with the price at the end of each second. */
  onPoint(symbol: string, listener: Listener<Point>): () => void {
    return added(this.#instrument(symbol).pointListeners, listener)
  }

  /** Calls a listener with the number of changes in each second. */
  onPace(listener: Listener<number>): () => void {
    return added(this.#paceListeners, listener)
  }

  /** Moves the market's time ahead, and with it the prices that change meanwhile. */
  advance(ms: number): void {
    for (let left = ms; left > 0; ) {
      const untilSecond = 1_000 - (this.#now % 1_000)
      const part = Math.min(left, untilSecond)
      this.#change((part * this.#changesPerSecond) / 1_000)
      this.#now += part
      left -= part
      if (part === untilSecond) this.#endSecond()
    }
  }

  /** Advances the market by the clock. */
  start(): () => void {
    let last = performance.now()
    const timer = setInterval(() => {
      const now = performance.now()
      // A process that was suspended does not catch up on hours.
      this.advance(Math.min(1_000, now - last))
      last = now
    }, 10)
    return () => clearInterval(timer)
  }

  #change(count: number): void {
    for (this.#due += count; this.#due >= 1; this.#due -= 1) {
      this.#instruments[Math.floor(this.#random() ** skew * this.#instruments.length)]?.drift(this.#random)
      this.#changesInSecond += 1
    }
  }

  /** Returns the part of all changes that is the nth symbol's. */
  #shareOf(n: number): number {
    const { length } = this.#instruments
    return ((n + 1) / length) ** (1 / skew) - (n / length) ** (1 / skew)
  }

  #endSecond(): void {
    const at = Math.round(this.#now / 1_000)
    for (const instrument of this.#instruments) instrument.endSecond(at)
    for (const listener of this.#paceListeners) listener(this.#changesInSecond)
    this.#changesInSecond = 0
  }

  #instrument(symbol: string): Instrument {
    const instrument = this.#bySymbol.get(symbol)
    if (!instrument) throw new Error(`${symbol} is not listed`)
    return instrument
  }
}

function added<Value>(listeners: Set<Listener<Value>>, listener: Listener<Value>): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
