import * as z from 'zod/mini'
import { payloadCodec } from './payload-codec.js'

/**
 * The body of `POST /events/$connections/<id>`: what a client changes about its shared connection. A request without
 * operations only authenticates the client again.
 */
export type ControlRequest = z.infer<typeof controlRequest>
export type ControlOperation = ControlRequest['operations'][number]
/** Sends a text back on the connection, for programs that measure what is between client and server. */
export type EchoOperation = Extract<ControlOperation, { readonly echo: string }>
/** Changes what a connection carries. */
export type SubscriptionOperation = Exclude<ControlOperation, EchoOperation>

// One pure call, so that the bundle of a client, which only encodes requests, leaves it out.
const controlRequest = /* @__PURE__ */ (() => {
  // The length of a key is checked with its topic, which is refused alone.
  const key = z.string().check(z.minLength(1))
  const headerName = z.string().check(z.regex(/^[\w-]{1,64}$/))
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
          /** Stops carrying a topic. A run whose reader was `lost`, and did not leave it, waits for that to come back. */
          z.strictObject({ unsubscribe: key, lost: z.optional(z.literal(true)) }),
          /** Sends the topic's state again, for a subscriber that joined later. */
          z.strictObject({ snapshot: key }),
          /** Sends nothing more of a run until it is subscribed to again. Its reader counts as full meanwhile. */
          z.strictObject({ pause: key }),
          /**
           * Sends `$echo` with this text at once. The result names those of `headers` that the request arrived with.
           * A proxy that delays events or drops headers is found so, whatever the contract. See decision 024.
           */
          z.strictObject({
            echo: z.string().check(z.minLength(1), z.maxLength(64)),
            headers: z.optional(z.array(headerName).check(z.maxLength(32))),
          }),
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
