import type { Failure } from '../contract'

/** A call of a tool, as the model wrote it: its arguments are unchecked JSON. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

/** What has been said so far. */
export type Turn =
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly calls: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly callId: string; readonly result: string }

/** A piece of a model's reply. */
export type Part =
  | { readonly type: 'token'; readonly text: string }
  | { readonly type: 'call'; readonly call: ToolCall }

export interface Model {
  readonly name: string
  /**
   * Continues a conversation with text, or with calls whose results it needs before it can continue.
   *
   * @throws ModelError
   */
  reply(turns: readonly Turn[], signal: AbortSignal): AsyncIterable<Part>
}

/** The model could not finish its reply. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly failure: Failure

  constructor(failure: Failure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }
}
