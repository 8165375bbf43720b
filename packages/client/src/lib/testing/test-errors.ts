import { isTidingsError } from '@tidings/core'
import { withPatience } from './patience.js'

/**
 * Describes an error that a test expects: its `code`, a part of its message, a pattern of its message, or a function
 * that recognises it.
 */
export type ErrorMatch = string | RegExp | ((error: unknown, place: string) => boolean)

interface Found {
  readonly error: unknown
  /** The procedure, topic or hook that it concerns. */
  readonly place: string
}

interface Expectation {
  readonly match: ErrorMatch | undefined
  meet(error: unknown): void
}

/**
 * The errors of a test that no caller receives. Those that the test does not expect fail it.
 *
 * For authors of a kit: `createTestServer` and `mockClient` have `expectError`.
 */
export class TestErrors {
  readonly #kit: string
  readonly #found: Found[] = []
  readonly #expected: Expectation[] = []

  /** @param kit the variable that a message calls `expectError` of: `server` */
  constructor(kit: string) {
    this.#kit = kit
  }

  report(error: unknown, place: string): void {
    const found = { error, place }
    const index = this.#expected.findIndex(({ match }) => matches(found, match))
    if (index === -1) this.#found.push(found)
    else this.#expected.splice(index, 1)[0]?.meet(error)
  }

  /**
   * Settles as a promise that a test awaits does. Rejects after 4 s of real time, before test runners give up.
   *
   * @param message returns what was awaited, what happened instead, and what to do
   */
  within<Value>(awaited: Promise<Value>, message: () => string): Promise<Value> {
    return withPatience(awaited, message)
  }

  /** Takes one error that was or will be reported, the first that matches. Resolves with it. */
  expect(match: ErrorMatch | undefined): Promise<unknown> {
    const index = this.#found.findIndex((found) => matches(found, match))
    if (index !== -1) return Promise.resolve(this.#found.splice(index, 1)[0]?.error)
    const met = new Promise<unknown>((resolve) => this.#expected.push({ match, meet: resolve }))
    const awaited = withPatience(met, () => this.#unmet(match))
    // The end of the test reports it, whether or not the promise is awaited.
    awaited.catch(() => {})
    return awaited
  }

  /** @throws Error for the errors that were not expected, and the expectations that no error met */
  verify(): void {
    const unmet = this.#expected.splice(0).map(({ match }) => new Error(this.#unmet(match)))
    const found = this.#found.splice(0)
    const errors = [...found.map(({ error }) => error), ...unmet]
    if (errors.length === 0) return
    const lines = found.map(({ error, place }) => `- in ${place}: ${describe(error)}`)
    const advice = `If the test is right, expect them: await ${this.#kit}.expectError('${codeOf(found[0]?.error) ?? 'part of the message'}')`
    const unexpected = found.length > 0 ? [`Errors that the test does not expect:`, ...lines, advice] : []
    const message = [...unexpected, ...unmet.map((error) => error.message)].join('\n')
    throw errors.length === 1 ? new Error(message, { cause: errors[0] }) : new AggregateError(errors, message)
  }

  #unmet(match: ErrorMatch | undefined): string {
    const what = match === undefined ? 'no error' : `no error that matches ${String(match)}`
    const others = this.#found.map(({ error }) => describe(error)).join('; ')
    return `${this.#kit}.expectError: there was ${what}${others && `. Other errors: ${others}`}`
  }
}

function matches({ error, place }: Found, match: ErrorMatch | undefined): boolean {
  if (match === undefined) return true
  if (typeof match === 'function') return match(error, place)
  const message = error instanceof Error ? error.message : String(error)
  return match instanceof RegExp ? match.test(message) : codeOf(error) === match || message.includes(match)
}

function codeOf(error: unknown): string | undefined {
  return isTidingsError(error) ? error.code : undefined
}

function describe(error: unknown): string {
  const code = codeOf(error)
  return code === undefined ? String(error) : `${code}: ${(error as Error).message}`
}
