import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, it, vi } from 'vitest'
import { itFindsBroken } from '../finds-broken.js'
import { randomFrom } from '../flaky-bus.js'
import { Stage } from '../history.js'
import { brokenRunNodes, brokenRuns } from './broken-runs.js'
import { FlakyRunJoint } from './flaky-run-joint.js'
import { playRuns } from './play-runs.js'
import { runHistory } from './run-history.js'

/** `npm run test:soak` asks for more. */
const isSoak = process.env['TIDINGS_HISTORIES'] !== undefined
const count = Number(process.env['TIDINGS_HISTORIES'] ?? 40)
/** Other histories each time in a soak, and the same ones otherwise. */
const seed = isSoak ? {} : { seed: 18 }

const stage = new Stage()
const stages = [stage, new Stage(), new Stage()]
beforeAll(() => Promise.all(stages.map((each) => each.open())))
afterAll(() => {
  for (const each of stages) each.close()
})
afterEach(() => {
  vi.useRealTimers()
})

let done = 0
const promise = fc.asyncProperty(runHistory, async (each) => {
  await playRuns([stage], each)
  done += 1
  if (done % 1_000 === 0) console.log(`${done} histories of runs`)
})

const promiseAmongNodes = fc.asyncProperty(runHistory, fc.nat(), (each, seed) =>
  playRuns(stages, each, new FlakyRunJoint(randomFrom(seed))),
)

describe('a reader of a run receives its events in order, none twice, none missing, and its end', () => {
  it(`in ${count} histories`, { timeout: 3_600_000 }, () =>
    fc.assert(promise, { numRuns: count, includeErrorInReport: true, ...seed }),
  )

  it(`in ${count} histories of three nodes on a bus that loses news`, { timeout: 3_600_000 }, () =>
    fc.assert(promiseAmongNodes, { numRuns: count, includeErrorInReport: true, endOnFailure: true, ...seed }),
  )

  itFindsBroken(brokenRuns, promise, {
    'appends events after the end': [2, 21],
    'accepts a cursor of another run': [4, 3],
    'drops events that a slower reader needs without saying so': [5, 1],
    'goes on writing to a reader that has paused': [3, 2],
  })
  itFindsBroken(brokenRunNodes, promiseAmongNodes, {
    'does not end a run whose node is gone': [3, 29],
    'tells the node of a run nothing of its readers': [1, 0],
    'extends a log wherever it ends': [3, 17],
  })
})
