import { parseCursor } from './cursor.js'
import { TidingsError } from './error.js'
import { parseJson } from './parse-json.js'
import { type PayloadCodec, payloadCodec } from './payload-codec.js'
import type { SnapshotOf } from './types/infer.js'
import type { Channel } from './types/procedure.js'
import type { DataSchemas, Schema, Schemas } from './types/schema.js'

/**
 * The state of a topic that a server has rendered, with its position: a page begins with it, and continues from
 * there. Made by `tidings.snapshot` of `@tidings/server`.
 */
export interface Seed<Snapshot> {
  /** The topic's snapshot. */
  readonly value: Snapshot
  /** The position of the snapshot: `<epoch>.<seq>`. Later events follow it. */
  readonly cursor: string
}

/** The seed of a channel's topics: `SeedOf<typeof contract.room>`. */
export type SeedOf<C> = Seed<SnapshotOf<C>>

/** A channel that has a snapshot. */
type SeedableChannel = Channel<Schemas, DataSchemas, Schema>

const codecs = new WeakMap<SeedableChannel, PayloadCodec>()

/**
 * Formats a seed as text that can stand inside a `<script>` element of a page, and in an attribute or JavaScript
 * string once these are escaped as usual: `serializeSeed(contract.room, seed)`.
 *
 * @throws TidingsError `invalid_output` for a value that does not fit the channel's snapshot
 */
export function serializeSeed<C extends SeedableChannel>(channel: C, { value, cursor }: SeedOf<C>): string {
  const json = { cursor, value: codecOf(channel).encode(value, 'The value of the seed') }
  // Nothing that ends a script element or begins a comment, and no line break that older JavaScript refuses.
  return JSON.stringify(json).replace(/[<>&\u2028\u2029]/g, escaped)
}

/**
 * Parses a seed that {@link serializeSeed} formatted. A page that was cached may hold a seed of an earlier contract:
 * catch the error, and go on without a seed.
 *
 * @throws TidingsError `invalid_response` for text that is not a seed, or whose value does not fit the channel's
 * snapshot
 */
export function parseSeed<C extends SeedableChannel>(channel: C, text: string): SeedOf<C> {
  const json = parseJson(text, 'The seed')
  const { cursor, value } = (json ?? {}) as { cursor?: unknown; value?: unknown }
  if (typeof cursor !== 'string' || !parseCursor(cursor)) {
    const message = `The seed has the cursor ${JSON.stringify(cursor)}, which is not a position. Give the text that serializeSeed returned`
    throw new TidingsError({ code: 'invalid_response', message })
  }
  const decoded = codecOf(channel).decode(value, 'The value of the seed', 'invalid_response')
  return { value: decoded as SnapshotOf<C>, cursor }
}

function codecOf(channel: SeedableChannel): PayloadCodec {
  const known = codecs.get(channel)
  if (known) return known
  if (!channel?.snapshot) {
    const message =
      'The first argument is not a channel with a snapshot. Give a channel of the contract: contract.room'
    throw new TidingsError({ code: 'invalid_options', message })
  }
  const codec = payloadCodec(channel.snapshot)
  codecs.set(channel, codec)
  return codec
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
