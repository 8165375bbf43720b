import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { type ContractDocument, contractFrom } from '@tidings/core/describe'
import { compileContract, parseCursor, topicKey } from '@tidings/core/wire'
import { describe, expect, it } from 'vitest'
import { EventParser, type StreamEvent } from '../src/lib/connection/event-parser.js'

// The fixtures of the protocol, which clients in other languages run: docs/protocol/README.md.
const fixture = <Value>(name: string): Value =>
  JSON.parse(readFileSync(new URL(`../../../docs/protocol/${name}`, import.meta.url), 'utf8'))

interface ParsingCase {
  readonly name: string
  readonly stream?: string
  readonly base64?: string
  readonly events: readonly { readonly event: string; readonly data: string; readonly id: string }[]
}

function parse(...parts: Uint8Array[]): StreamEvent[] {
  const parser = new EventParser()
  const decoder = new TextDecoder()
  return parts.flatMap((part) => parser.parse(decoder.decode(part, { stream: true })))
}

describe('the fixtures of the protocol', () => {
  it.each(fixture<ParsingCase[]>('parsing.json'))('$name', ({ stream = '', base64, events }) => {
    const bytes = base64 === undefined ? Buffer.from(stream) : Buffer.from(base64, 'base64')
    for (let at = 0; at <= bytes.length; at += 1) {
      const parsed = parse(bytes.subarray(0, at), bytes.subarray(at))
      expect(parsed.map(({ name, data }) => ({ event: name, data }))).toEqual(
        events.map(({ event, data }) => ({ event, data })),
      )
      // The parser gives an event its own id only; a topic keeps the last.
      for (const [index, { id }] of parsed.entries()) expect(['', events[index]?.id]).toContain(id)
    }
  })

  it.each(fixture<{ text: string; cursor: unknown }[]>('cursors.json'))('the cursor "$text"', (given) => {
    expect(parseCursor(given.text) ?? null).toEqual(given.cursor)
  })

  const contract = compileContract(contractFrom(fixture<ContractDocument>('contract.json')))
  it.each(fixture<{ channel: string; params: unknown; key: string }[]>('keys.json'))(
    'the key $key',
    (given) => {
      const channel = contract.procedures.get(given.channel)
      if (channel?.kind !== 'channel') throw new Error(`${given.channel} is not a channel`)
      expect(topicKey(given.channel, channel.topics.encode(given.params))).toBe(given.key)
    },
  )
})
