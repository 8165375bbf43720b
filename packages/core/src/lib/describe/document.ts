import type { ProcedureMeta } from '../types/procedure.js'

/** The form of a contract's description: plain JSON, which `describe` writes and `contractFrom` reads. */

/** A schema in JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** What one value looks like in its three forms. */
export interface PayloadDocument {
  /** What travels: the JSON that is accepted on the wire. */
  readonly wire: JsonSchema
  /** What the sender's program gives, where that is not what travels: a `Date`, a key that may be omitted. */
  readonly given?: JsonSchema
  /** What the receiver's handler gets, where that is not what travels. */
  readonly handled?: JsonSchema
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
