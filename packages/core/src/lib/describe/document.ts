import type { ProcedureMeta } from '../types/procedure.js'

/** The form of a contract's description: plain JSON, which `describe` writes and `contractFrom` reads. */

/**
 * A schema in JSON Schema, draft 2020-12. It is complete by itself: what it refers to is in its own `$defs`, under the
 * `id` of the schema's `.meta()`, which stands for the same schema everywhere in a document.
 *
 * `default` and `examples` are values as they travel. Besides JSON Schema's own, it has the keywords
 * `x-tidings-value`, `x-tidings-format` and `x-tidings-pattern`.
 */
export type JsonSchema = Readonly<Record<string, unknown>>

/** The keyword that names what a program holds where JSON has no such value. It stands in place of `type`. */
export const valueKeyword = 'x-tidings-value'

/** What a program holds: one of these, or the name of a class. `unknown` is the value of a codec that does not tell. */
export type ValueKind =
  | 'Date'
  | 'bigint'
  | 'Uint8Array'
  | 'URL'
  | 'Map'
  | 'Set'
  | 'File'
  | 'NaN'
  | 'Promise'
  | 'function'
  | 'symbol'
  | 'undefined'
  | 'unknown'
  | (string & {})

/**
 * The keyword that names the exact format of a text, where `format` does not: the value of a codec of Tidings (`Date`,
 * `bigint`, `Uint8Array`, `URL`), or a format of zod with its options (`datetime offset=true precision=3`).
 */
export const exactFormatKeyword = 'x-tidings-format'

/** The keyword for an expression with flags, which `pattern` cannot have: `/^yes$/i`. */
export const patternKeyword = 'x-tidings-pattern'

/** What one value looks like in its three forms. */
export interface PayloadDocument {
  /** What travels: the JSON that is accepted on the wire. */
  readonly wire: JsonSchema
  /**
   * What the sender's program gives, where that is not what travels. For params and inputs, keys with a default may be
   * omitted; for all else, the server gives every key.
   */
  readonly given?: JsonSchema
  /** What the receiver's handler gets, where that is not what travels: a `Date`, a key that has its default. */
  readonly handled?: JsonSchema
  /** Whether the caller may omit the value. */
  readonly optional?: true
}

/** Payloads by name. `null` stands for an event or error without data. */
export type PayloadDocuments = Readonly<Record<string, PayloadDocument | null>>

export interface ChannelDocument extends ProcedureMeta {
  readonly kind: 'channel'
  readonly params: Readonly<Record<string, PayloadDocument>>
  readonly events: PayloadDocuments
  /** Absent for a channel without a snapshot. */
  readonly snapshot?: PayloadDocument
}

export interface CommandDocument extends ProcedureMeta {
  readonly kind: 'command'
  /** Absent for a command without input. */
  readonly input?: PayloadDocument
  /** Absent for a command that only confirms completion. */
  readonly output?: PayloadDocument
  readonly errors: PayloadDocuments
}

export interface StreamDocument extends ProcedureMeta {
  readonly kind: 'stream'
  readonly input?: PayloadDocument
  readonly output?: PayloadDocument
  readonly events: PayloadDocuments
  readonly errors: PayloadDocuments
}

export type ProcedureDocument = ChannelDocument | CommandDocument | StreamDocument

/** A contract as JSON. */
export interface ContractDocument {
  /** The version of this form. */
  readonly tidings: 1
  /** Equal for contracts whose values travel alike, whatever their texts and the order of their keys. */
  readonly hash: string
  /** The procedures by path, as in a URL: `chat/send`. */
  readonly procedures: Readonly<Record<string, ProcedureDocument>>
}
