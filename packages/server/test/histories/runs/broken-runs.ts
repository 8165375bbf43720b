import { vi } from 'vitest'
import { Connection } from '../../../src/lib/connections/connection.js'
import { Log } from '../../../src/lib/log/log.js'
import { Subscription } from '../../../src/lib/log/subscription.js'
import { FollowedRun } from '../../../src/lib/runs/followed-run.js'
import type { RunStart } from '../../../src/lib/runs/known-run.js'
import { Run } from '../../../src/lib/runs/run.js'
import { RunRecords } from '../../../src/lib/runs/run-records.js'
import { Runs } from '../../../src/lib/runs/runs.js'
import { FlakyRunMember } from './flaky-run-joint.js'

const { readFrom, append, gapAt } = Log.prototype
const { remove } = Connection.prototype
const { leave, emit } = Run.prototype
const { start } = Runs.prototype

/** Returns a function that is true every seventh time. */
function sometimes(): () => boolean {
  let count = 0
  return () => {
    count += 1
    return count % 7 === 0
  }
}

/** Engines that break the promise of runs in one way each, until `vi.restoreAllMocks`. */
export const brokenRuns: Readonly<Record<string, () => void>> = {
  'skips an event at a resume'() {
    const isWrong = sometimes()
    vi.spyOn(Log.prototype, 'readFrom').mockImplementation(function (this: Log, seq) {
      return readFrom.call(this, isWrong() && seq > 0 && seq + 1 < this.head ? seq + 1 : seq)
    })
  },
  'continues a subscription that was replaced'() {
    vi.spyOn(Connection.prototype, 'remove').mockImplementation(function (this: Connection, each, how) {
      if (how === 'detached' || each.topic.log.hasEnded) remove.call(this, each, how)
    })
  },
  'loses the last frame'() {
    const isWrong = sometimes()
    vi.spyOn(Log.prototype, 'append').mockImplementation(function (this: Log, event, body, now) {
      return event.startsWith('$') && isWrong() ? 0 : append.call(this, event, body, now)
    })
  },
  'appends events after the end'() {
    vi.spyOn(Run.prototype, 'emit').mockImplementation(function (this: Run, event, body) {
      if (this.isOver) this.topic.log.append(event, body, performance.now())
      return emit.call(this, event, body)
    })
  },
  'accepts a cursor of another run'() {
    vi.spyOn(Log.prototype, 'gapAt').mockImplementation(function (this: Log, cursor) {
      return gapAt.call(this, { ...cursor, epoch: this.epoch })
    })
  },
  'drops events that a slower reader needs without saying so'() {
    vi.spyOn(Log.prototype, 'reaches').mockReturnValue(true)
  },
  'runs a handler again for a start that is retried'() {
    const seen = new WeakMap<Runs, Set<string>>()
    vi.spyOn(Runs.prototype, 'start').mockImplementation(function (this: Runs, given: RunStart, begin) {
      const ids = seen.get(this) ?? new Set()
      const id = ids.has(given.id) ? `${given.id}-again` : given.id
      seen.set(this, ids.add(given.id))
      return start.call(this, { ...given, id }, begin)
    })
  },
  'waits for a reader that has left on purpose'() {
    vi.spyOn(Run.prototype, 'leave').mockImplementation(function (this: Run, topic, reader) {
      leave.call(this, topic, reader, 'lost')
    })
  },
  'does not wait for a reader that was lost'() {
    vi.spyOn(Run.prototype, 'leave').mockImplementation(function (this: Run, topic, reader) {
      leave.call(this, topic, reader, 'detached')
    })
  },
  'goes on writing to a reader that has paused'() {
    vi.spyOn(Subscription.prototype, 'pause').mockReturnValue(undefined)
  },
}

/** Engines with a bus that break the promise of runs. */
export const brokenRunNodes: Readonly<Record<string, () => void>> = {
  'runs a handler on each node that is asked at once to start it'() {
    vi.spyOn(RunRecords.prototype, 'hold').mockResolvedValue(true)
  },
  'does not end a run whose node is gone'() {
    vi.spyOn(FollowedRun.prototype, 'interrupt').mockResolvedValue(undefined)
  },
  'tells the node of a run nothing of its readers'() {
    vi.spyOn(FollowedRun.prototype, 'readers').mockImplementation(function (this: FollowedRun) {
      return { run: this.id, count: 0, position: 0 }
    })
  },
  'extends a log wherever it ends'() {
    vi.spyOn(FlakyRunMember.prototype, 'extend').mockImplementation(async function (
      this: FlakyRunMember,
      topic,
      _after,
      bodies,
      keep,
    ) {
      for (const body of bodies) await this.append(topic, body, keep)
      return true
    })
  },
}
