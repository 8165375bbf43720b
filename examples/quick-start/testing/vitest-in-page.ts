import { JestChaiExpect } from '@vitest/expect'
import * as chai from 'chai'

/** What the tests of a page use of Vitest, for a page that a bundler has made of them. */

chai.use(JestChaiExpect)

export const expect = chai.expect

const tests: [name: string, run: () => Promise<void>][] = []

export function it(name: string, run: () => Promise<void>): void {
  tests.push([name, run])
}

/** Runs every test. Resolves with the name of each and what it failed with. */
export async function runTests(): Promise<[name: string, failure: string | undefined][]> {
  const results: [string, string | undefined][] = []
  for (const [name, run] of tests) {
    const failure = await run().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.stack : String(error)),
    )
    results.push([name, failure])
  }
  return results
}
