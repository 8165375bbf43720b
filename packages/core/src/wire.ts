/**
 * The wire: what a contract compiles to, and the frames, cursors and problems that both ends speak.
 *
 * For those who write an adapter, a bus or a client of their own. Applications need only `@tidings/core`.
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
  compileContract,
} from './lib/compile.js'
export type {
  ControlOperation,
  ControlRequest,
  ControlResponse as ControlAnswer,
  ControlResult,
} from './lib/control.js'
export { type Cursor, formatCursor, isAtOrAfter, parseCursor, type ServerGapReason } from './lib/cursor.js'
export { isErrorCode } from './lib/error.js'
export {
  encodeEventBody,
  eventStreamContentType,
  type GapSignal,
  heartbeatFrame,
  type OpenSignal,
  type ReauthorizeSignal,
  type SubscribedSignal,
  signal,
  type TopicErrorSignal,
  withId,
} from './lib/frame.js'
export { type PayloadCodec, payloadCodec as payloadOf, type ValidationCode } from './lib/payload-codec.js'
export {
  asReceived,
  fromProblem,
  isReceived,
  type Problem,
  problemContentType,
  toProblem,
} from './lib/problem.js'
export { type TopicCodec, topicKey } from './lib/topic.js'
