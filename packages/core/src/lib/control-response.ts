import type { ControlRequest } from './control-request.js'
import { invalidResponse, isText, parseFields } from './fields.js'
import type { ServerGapReason } from './gap-reason.js'
import { fromProblem, type Problem } from './problem.js'

/**
 * The result of an operation. `epoch` is that of the topic's log, which begins the ids of its frames, and
 * `cursor` is where the topic starts; absent where a snapshot carries the position. `headers` are the names that an
 * echo asked for and its request had.
 */
export type ControlResult =
  | { readonly status: 'accepted'; readonly epoch: string; readonly cursor?: string }
  | {
      readonly status: 'gap'
      readonly reason: ServerGapReason
      readonly epoch: string
      readonly cursor?: string
    }
  | { readonly status: 'refused'; readonly problem: Problem }
  | { readonly status: 'done'; readonly headers?: readonly string[] }

/** The response to a {@link ControlRequest}. */
export interface ControlResponse {
  /** A result for each operation, in order. */
  readonly results: readonly ControlResult[]
}

const isResult = (value: unknown) => {
  const { status, problem } = (value ?? {}) as { status?: unknown; problem?: unknown }
  return status === 'refused' ? fromProblem(problem) !== undefined : isText(status)
}

/**
 * Decodes the response to a control request, and checks it.
 *
 * @throws TidingsError `invalid_response`, also if there is not one result for each operation
 */
export function decodeControlResponse(text: string, { operations }: ControlRequest): ControlResponse {
  const what = 'The response to a control request'
  const response = parseFields<ControlResponse>(text, what, {
    results: (value) => Array.isArray(value) && value.every(isResult),
  })
  if (response.results.length === operations.length) return response
  throw invalidResponse(`${what} does not have one result for each operation`)
}
