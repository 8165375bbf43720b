/** What the tests of a page use of Vitest, for a page that a bundler has made of them. */

/** An assertion that a test has made, to be checked by Vitest outside the page. */
interface Assertion {
  readonly actual: unknown
  readonly matcher: string
  readonly args: readonly unknown[]
}

/** The result of a test that ran to its end, or what it failed with. */
export interface Result {
  readonly name: string
  readonly failure: string | undefined
  readonly assertions: readonly Assertion[]
}

const tests: { readonly name: string; run(): Promise<void> }[] = []
let assertions: Assertion[] = []

export function it(name: string, run: () => Promise<void>): void {
  tests.push({ name, run })
}

/** Records a call of any matcher, with its values as they are now. */
export function expect(actual: unknown): object {
  const get = (_: object, matcher: string) => {
    return (...args: unknown[]) => void assertions.push(structuredClone({ actual, matcher, args }))
  }
  return new Proxy({}, { get })
}

/** Runs every test, one after the other. */
export async function runTests(): Promise<Result[]> {
  const results: Result[] = []
  for (const { name, run } of tests) {
    assertions = []
    const failure = await run().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.stack : String(error)),
    )
    results.push({ name, failure, assertions })
  }
  return results
}
