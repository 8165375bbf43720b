import * as z from 'zod/mini'
import { invalidResponse, isText, parseFields } from './fields.js'
import type { ServerGapReason } from './gap-reason.js'
import { payloadCodec } from './payload-codec.js'
import { fromProblem, type Problem } from './problem.js'

/**
 * The body of `POST /events/$connections/<id>`: what a client changes about its shared connection. A request without
 * operations only authenticates the client again.
 */
export type ControlRequest = z.infer<typeof controlRequest>
export type ControlOperation = ControlRequest['operations'][number]

// One pure call, so that the bundle of a client, which only encodes requests, leaves it out.
const controlRequest = /* @__PURE__ */ (() => {
  // The length of a key is checked with its topic, which is refused alone.
  const key = z.string().check(z.minLength(1))
  return z.strictObject({
    /**
     * Counts the requests about one connection, from 1. A request that arrives after a newer one is refused: the
     * client has given it up and requested again what still matters.
     */
    sequence: z.optional(z.int().check(z.minimum(1))),
    /** At most one operation for each topic. */
    operations: z.readonly(
      z.array(
        z.union([
          /** Carries a topic, from a cursor or from now on. A topic that is carried already starts again from there. */
          z.strictObject({ subscribe: key, cursor: z.optional(z.string()) }),
          /** Stops carrying a topic. */
          z.strictObject({ unsubscribe: key }),
          /** Sends the topic's state again, for a subscriber that joined later. */
          z.strictObject({ snapshot: key }),
        ]),
      ),
    ),
  })
})()

const controlRequestCodec = /* @__PURE__ */ payloadCodec(controlRequest)

/** @throws TidingsError `invalid_input` for a value that is not a control request */
export function decodeControlRequest(json: unknown): ControlRequest {
  return controlRequestCodec.decode(json, 'the control request') as ControlRequest
}

/**
 * The result of an operation. `epoch` is that of the topic's log, which begins the ids of its frames, and
 * `cursor` is where the topic starts; absent where a snapshot carries the position.
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
  | { readonly status: 'done' }

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
