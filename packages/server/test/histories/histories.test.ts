import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { brokenEngines, brokenFollowers } from './broken-engines.js'
import { itFindsBroken } from './finds-broken.js'
import { FlakyJoint, randomFrom } from './flaky-bus.js'
import { history, run, Stage } from './history.js'

/** `npm run test:soak` asks for more. */
const runs = Number(process.env['TIDINGS_HISTORIES'] ?? 300)

const stage = new Stage()
const stages = [stage, new Stage(), new Stage()]
beforeAll(() => Promise.all(stages.map((each) => each.open())))
afterAll(() => {
  for (const each of stages) each.close()
})

let done = 0
const promiseAmongNodes = fc.asyncProperty(history, fc.nat(), (each, seed) =>
  run(stages, each, new FlakyJoint(randomFrom(seed))),
)
const promise = fc.asyncProperty(history, async (each) => {
  await run([stage], each)
  done += 1
  if (done % 1_000 === 0) console.log(`${done} histories`)
})

describe('a subscriber receives events in order, none twice, and none missing without a gap', () => {
  it(`in ${runs} histories`, { timeout: 3_600_000 }, () =>
    fc.assert(promise, { numRuns: runs, includeErrorInReport: true }),
  )

  it(`in ${runs} histories of three nodes on a bus that loses news`, { timeout: 3_600_000 }, () =>
    fc.assert(promiseAmongNodes, { numRuns: runs, includeErrorInReport: true, endOnFailure: true }),
  )

  itFindsBroken(brokenEngines, promise)
  itFindsBroken(brokenFollowers, promiseAmongNodes)
})
