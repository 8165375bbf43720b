import { formatCursor, withId } from '@tidings/core/wire'
import { vi } from 'vitest'
import { Chunk } from '../../src/lib/http/chunk.js'
import { Follower } from '../../src/lib/log/follower.js'
import { Log } from '../../src/lib/log/log.js'
import { Topic } from '../../src/lib/log/topic.js'

const { readFrom, append } = Log.prototype
const { loadSnapshot } = Topic.prototype

/** Returns a function that is true every seventh time. */
function sometimes(): () => boolean {
  let count = 0
  return () => {
    count += 1
    return count % 7 === 0
  }
}

/** Engines that break the delivery promise in one way each, until `vi.restoreAllMocks`. */
export const brokenEngines: Readonly<Record<string, () => void>> = {
  'skips an event'() {
    const isWrong = sometimes()
    vi.spyOn(Log.prototype, 'readFrom').mockImplementation(function (this: Log, seq) {
      return readFrom.call(this, isWrong() && seq + 1 < this.head ? seq + 1 : seq)
    })
  },
  'sends an event twice'() {
    const isWrong = sometimes()
    vi.spyOn(Log.prototype, 'readFrom').mockImplementation(function (this: Log, seq) {
      return readFrom.call(this, isWrong() && seq < this.head && this.reaches(seq - 1) ? seq - 1 : seq)
    })
  },
  'continues from the head without a gap'() {
    vi.spyOn(Log.prototype, 'gapAt').mockReturnValue(undefined)
    vi.spyOn(Log.prototype, 'reaches').mockReturnValue(true)
  },
  'replays the rest of an expired history without a gap'() {
    const { gapAt } = Log.prototype
    vi.spyOn(Log.prototype, 'gapAt').mockImplementation(function (this: Log, cursor) {
      const reason = gapAt.call(this, cursor)
      return reason === 'expired' ? undefined : reason
    })
    vi.spyOn(Log.prototype, 'reaches').mockReturnValue(true)
  },
  'accepts a cursor of another epoch'() {
    const { gapAt } = Log.prototype
    vi.spyOn(Log.prototype, 'gapAt').mockImplementation(function (this: Log, cursor) {
      return gapAt.call(this, { ...cursor, epoch: this.epoch })
    })
  },
  'announces a gap without a loss'() {
    vi.spyOn(Log.prototype, 'gapAt').mockReturnValue('expired')
  },
  'loses an event before it is appended'() {
    const isWrong = sometimes()
    vi.spyOn(Log.prototype, 'append').mockImplementation(function (this: Log, event, body, now) {
      return isWrong() ? 0 : append.call(this, event, body, now)
    })
  },
  'swaps two events'() {
    const isWrong = sometimes()
    let held: { log: Log; event: string; body: string } | undefined
    vi.spyOn(Log.prototype, 'append').mockImplementation(function (this: Log, event, body, now) {
      // An event that is held for a log of an earlier history is given up, or no other would be swapped.
      if (held?.log !== this && isWrong()) {
        held = { log: this, event, body }
        return 0
      }
      const length = append.call(this, event, body, now)
      if (held?.log === this) {
        append.call(this, held.event, held.body, now)
        held = undefined
      }
      return length
    })
  },
  'reads the position of a snapshot after loading it'() {
    vi.spyOn(Topic.prototype, 'loadSnapshot').mockImplementation(async function (this: Topic, atLeast) {
      const { state, chunk } = await loadSnapshot.call(this, atLeast)
      const body = new TextDecoder().decode(chunk.bytes).replace(/^id: .*\n/, '')
      const seq = this.log.head
      const cursor = formatCursor(this.log.cursorAt(seq))
      return { seq, cursor, state, chunk: new Chunk(withId(cursor, body)) }
    })
  },
  'shares a snapshot older than the gap'() {
    let old: ReturnType<Topic['loadSnapshot']> | undefined
    vi.spyOn(Topic.prototype, 'loadSnapshot').mockImplementation(function (this: Topic, atLeast) {
      old ??= loadSnapshot.call(this, atLeast)
      return old
    })
  },
}

/** Engines with a bus that break the delivery promise. */
export const brokenFollowers: Readonly<Record<string, () => void>> = {
  'does not notify readers of a new epoch'() {
    vi.spyOn(Topic.prototype, 'restart').mockReturnValue(undefined)
  },
  'assumes that it has received every update'() {
    vi.spyOn(Follower.prototype, 'ensureCovers').mockResolvedValue(undefined)
  },
}
