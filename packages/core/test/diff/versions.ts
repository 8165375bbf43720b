import { channel, command, defineContract } from '@tidings/core'
import { type Change, type ChangeSide, describe, type JsonSchema } from '@tidings/core/describe'
import { compileContract, type PayloadCodec } from '@tidings/core/wire'
import fc from 'fast-check'
import { expect } from 'vitest'
import type * as z from 'zod'
import type { Row, Site } from './rows.js'
import { wireValuesOf } from './wire-values.js'

/** Returns a contract that has the schema at one place. */
export function contractOf(site: Site, schema: z.ZodType) {
  const given = schema as never
  return defineContract({
    room: channel({
      params: site === 'param' ? { p: given } : {},
      events: site === 'event' ? { e: given } : {},
      ...(site === 'snapshot' && { snapshot: given }),
    }),
    call: command({
      ...(site === 'input' && { input: given }),
      ...(site === 'output' && { output: given }),
      errors: site === 'error' ? { failed: given } : {},
    }),
  } as never)
}

/** Returns the codec at a place, which writes what travels and reads it. */
export function codecAt(site: Site, schema: z.ZodType): PayloadCodec {
  const { procedures } = compileContract(contractOf(site, schema))
  const [room, call] = [procedures.get('room'), procedures.get('call')]
  if (room?.kind !== 'channel' || call?.kind !== 'command')
    throw new Error('The contract lacks its procedures')
  const codecs = {
    event: room.events.get('e'),
    snapshot: room.snapshot,
    output: call.output,
    error: call.errors.get('failed'),
    input: call.input,
    param: {
      encode: (value: unknown) => room.topics.encode({ p: value }),
      decode: (query: unknown) => room.topics.decode(new URLSearchParams(query as string))['p'],
    },
  }
  return codecs[site] as PayloadCodec
}

/** Returns the schemas that write and read while one side has the other version. */
export function writerAndReader([site, , before, after]: Row, side: ChangeSide) {
  const isSentByServer = !['input', 'param'].includes(site)
  const [writer, reader] = isSentByServer === (side === 'clients') ? [after, before] : [before, after]
  return { writer: codecAt(site, writer), reader: codecAt(site, reader), schema: writer }
}

/** Sends a value as JSON text from a program with one version to a program with the other. */
export function transmit(writer: PayloadCodec, reader: PayloadCodec, value: unknown): unknown {
  const wire = writer.encode(value, 'the value')
  return reader.decode(JSON.parse(JSON.stringify(wire)), 'the value')
}

export function wireOf(schema: z.ZodType): JsonSchema {
  const { procedures } = describe(contractOf('event', schema))
  const { room } = procedures as unknown as { room: { events: { e: { wire: JsonSchema } } } }
  return room.events.e.wire
}

const heldBy = (codec: PayloadCodec, site: Site, json: unknown) => {
  try {
    // A param is read from a query, so that its wire is not the JSON itself.
    return { value: site === 'param' ? json : codec.decode(json, 'the value') }
  } catch {
    return undefined
  }
}

const isTaken = (codec: PayloadCodec, value: unknown) => {
  try {
    codec.encode(value, 'the value')
    return true
  } catch {
    return false
  }
}

/** Generates values of a schema, and sends each. Returns how many there were. */
export function expectArrives(
  writer: PayloadCodec,
  reader: PayloadCodec,
  schema: z.ZodType,
  numRuns = 100,
  site: Site = 'event',
): number {
  let count = 0
  const property = fc.property(wireValuesOf(wireOf(schema)), (json) => {
    const held = heldBy(writer, site, json)
    if (!held || !isTaken(writer, held.value)) return
    count += 1
    transmit(writer, reader, held.value)
  })
  fc.assert(property, { numRuns })
  return count
}

/** Each change is said in one sentence that begins with its path. */
export function expectPlain(changes: readonly Change[]): void {
  for (const { path, message } of changes) {
    expect(message.startsWith(`${path} `), message).toBe(true)
    expect(message).not.toMatch(/undefined|Infinity|\[object|\.$/)
  }
}
