import type { EventSourceConstructor } from '../src/index.js'

type Listener = (event: MessageEvent) => void

/** An EventSource whose events a test dispatches. What a listener throws is thrown there. */
export class FakeEventSource {
  readonly readyState = 1
  readonly url: string
  isClosed = false
  readonly #listeners = new Map<string, Listener[]>()

  constructor(url: string) {
    this.url = url
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }

  close(): void {
    this.isClosed = true
  }

  dispatch(name: string, data = '', lastEventId = ''): void {
    const event = new MessageEvent(name, { data, lastEventId })
    for (const listener of this.#listeners.get(name) ?? []) listener(event)
  }
}

/** A constructor of EventSources, and those that were made with it. */
export function fakeEventSources() {
  const sources: FakeEventSource[] = []
  class Kept extends FakeEventSource {
    constructor(url: string) {
      super(url)
      sources.push(this)
    }
  }
  return { sources, EventSource: Kept as EventSourceConstructor }
}
