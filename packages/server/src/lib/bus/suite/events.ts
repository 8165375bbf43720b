import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { encodeEventBody, eventDataOf } from '@tidings/core/wire'
import type { Bus, BusEvent } from '../bus.js'

/** The bounds that a test's log keeps unless the test is about them. */
export const keep = { size: 256, ms: 60_000 }

export function newTopic(): string {
  return `suite.${randomUUID()}`
}

export function body(payload: unknown): string {
  return encodeEventBody('tested', payload)
}

// biome-ignore lint/suspicious/noExplicitAny: the suite wrote the payload itself
export function payloadOf(event: BusEvent): any {
  return JSON.parse(eventDataOf(event.body))
}

export function plain(events: readonly BusEvent[]): [seq: number, body: string][] {
  return events.map((event) => [event.seq, event.body])
}

/** Reads every event after a position, page by page. */
export async function readAll(
  bus: Bus,
  topic: string,
  from: { epoch: string; seq: number },
  bounds = keep,
): Promise<BusEvent[]> {
  const all: BusEvent[] = []
  for (let { seq } = from; ; seq = all.at(-1)?.seq ?? seq) {
    const { events, head } = await bus.read(topic, bounds, { epoch: from.epoch, seq })
    for (const event of events) {
      assert.equal(event.seq, (all.at(-1)?.seq ?? from.seq) + 1, 'events have no holes')
      all.push(event)
    }
    if (events.length === 0 || all.at(-1)?.seq === head) return all
  }
}
