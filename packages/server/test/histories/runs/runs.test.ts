import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Stage } from '../history.js'
import { brokenRuns } from './broken-runs.js'
import { playRuns } from './play-runs.js'
import { runHistory } from './run-history.js'

/** `npm run test:soak` asks for more. */
const count = Number(process.env['TIDINGS_HISTORIES'] ?? 60)

const stage = new Stage()
beforeAll(() => stage.open())
afterAll(() => stage.close())
afterEach(() => {
  vi.useRealTimers()
})

let done = 0
const promise = fc.asyncProperty(runHistory, async (each) => {
  await playRuns([stage], each)
  done += 1
  if (done % 1_000 === 0) console.log(`${done} histories of runs`)
})

describe('a reader of a run receives its events in order, none twice, none missing, and its end', () => {
  it(`in ${count} histories`, { timeout: 3_600_000 }, () =>
    fc.assert(promise, { numRuns: count, includeErrorInReport: true }),
  )

  const broken = Object.entries(brokenRuns).map(([name, breakIt]) => ({ name, breakIt, property: promise }))
  it.each(broken)('fails for an engine that $name', async ({ name, breakIt, property }) => {
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    breakIt()
    // One example is enough: it need not be the smallest.
    const { failed, numRuns } = await fc.check(property as fc.IRawProperty<unknown>, {
      numRuns: 300,
      endOnFailure: true,
    })
    expect(failed, `${numRuns} histories found nothing`).toBe(true)
    if (process.env['TIDINGS_HISTORIES']) console.log(`${name}: found by history ${numRuns}`)
  })
})
