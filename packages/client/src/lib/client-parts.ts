import { isTidingsError, TidingsError } from '@tidings/core'
import {
  backoffMs,
  formatCursor,
  fromProblem,
  isAtOrAfter,
  isRunId,
  parseCursor,
  parseJson,
  parseRunKey,
  parseTopicKey,
  runKey,
} from '@tidings/core/wire'
import { attempt } from './calls/attempts.js'
import { withTypedData } from './calls/call.js'
import { elapsedMs } from './connection/clock.js'
import { abortError, isRetryable } from './connection/failures.js'
import { watchPage } from './connection/page-lifecycle.js'
import { postJson } from './connection/request.js'
import { isSettled, neededRequest, newTopic, seqAt, transition } from './connection/topic-state.js'
import { DirectTransport } from './connection/transport.js'
import { TopicTable } from './topics/topic-table.js'

/**
 * What the code that is loaded on demand, for runs and for sharing, uses of the client.
 *
 * It receives this instead of importing it. Bundlers put what an entry and code on demand both import into a third
 * file, which is loaded and gzipped apart, and adds more than a kilobyte to a page.
 */
export const clientParts = {
  TidingsError,
  isTidingsError,
  backoffMs,
  formatCursor,
  fromProblem,
  isAtOrAfter,
  isRunId,
  parseCursor,
  parseJson,
  parseRunKey,
  parseTopicKey,
  runKey,
  attempt,
  withTypedData,
  elapsedMs,
  abortError,
  isRetryable,
  watchPage,
  postJson,
  isSettled,
  neededRequest,
  newTopic,
  seqAt,
  transition,
  DirectTransport,
  TopicTable,
}

export type ClientParts = typeof clientParts
