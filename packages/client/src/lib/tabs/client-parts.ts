import { TidingsError } from '@tidings/core'
import {
  formatCursor,
  fromProblem,
  isAtOrAfter,
  parseCursor,
  parseRunKey,
  parseTopicKey,
} from '@tidings/core/wire'
import { watchPage } from '../connection/page-lifecycle.js'
import { isSettled, neededRequest, newTopic, seqAt, transition } from '../connection/topic-state.js'
import { DirectTransport } from '../connection/transport.js'
import { TopicTable } from '../topics/topic-table.js'

/**
 * What the code for sharing, which is loaded on demand, uses of the client.
 *
 * It receives this instead of importing it. Bundlers put what an entry and code on demand both import into a third
 * file, which a page would load and decompress apart: that costs 1.4 kB gzipped, more than this does.
 */
export const clientParts = {
  TidingsError,
  formatCursor,
  fromProblem,
  isAtOrAfter,
  parseCursor,
  parseRunKey,
  parseTopicKey,
  watchPage,
  isSettled,
  neededRequest,
  newTopic,
  seqAt,
  transition,
  DirectTransport,
  TopicTable,
}

export type ClientParts = typeof clientParts
