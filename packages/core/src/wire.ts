/**
 * The wire: what a contract compiles to, and the frames, signals, cursors and problems of the protocol.
 *
 * For authors of an adapter, a bus or a client. Applications need only `@tidings/core`.
 */
export { type BackoffBounds, backoffMs, maxTimerMs } from './lib/backoff.js'
export { checkContract } from './lib/check-contract.js'
export {
  type CompiledChannel,
  type CompiledCommand,
  type CompiledContract,
  type CompiledGroup,
  type CompiledProcedure,
  type CompiledStream,
  compileCommand,
  compileContract,
} from './lib/compile.js'
export {
  type ControlOperation,
  type ControlRequest,
  decodeControlRequest,
  type EchoOperation,
  type SubscriptionOperation,
} from './lib/control-request.js'
export { type ControlResponse, type ControlResult, decodeControlResponse } from './lib/control-response.js'
export { type Cursor, eventId, formatCursor, isAtOrAfter, parseCursor } from './lib/cursor.js'
export { isErrorCode } from './lib/error.js'
export {
  encodeEventBody,
  eventDataOf,
  eventNameOf,
  eventStreamContentType,
  heartbeatFrame,
  withId,
  withRetry,
} from './lib/frame.js'
export type { ServerGapReason } from './lib/gap-reason.js'
export { parseJson } from './lib/parse-json.js'
export {
  type PayloadCodec,
  payloadCodec,
  type ValidationCode,
} from './lib/payload-codec.js'
export {
  fromProblem,
  isReceived,
  type Problem,
  problemContentType,
  toProblem,
} from './lib/problem.js'
export { decodeError, isErrorOf } from './lib/procedure-error.js'
export { isRunId, parseRunKey, type RunKeyParts, runIdPattern, runKey } from './lib/run-key.js'
export {
  type DecodedSignals,
  decodeSignal,
  type ErrorSignal,
  encodeSignal,
  type GapSignal,
  type OpenSignal,
  type ReauthorizeSignal,
  type SignalName,
  type Signals,
  type SubscribedSignal,
} from './lib/signals.js'
export type { TopicCodec } from './lib/topic.js'
export { parseTopicKey, type TopicKeyParts, topicKey } from './lib/topic-key.js'
