import * as fc from 'fast-check'
import { expect, it, onTestFinished, vi } from 'vitest'

/** Breaks an engine on purpose, with mocks. */
type Break = () => unknown

/** Tests that random histories fail for each of the engines that are broken on purpose. */
export function itFindsBroken<Example>(
  engines: Readonly<Record<string, Break>>,
  property: fc.IAsyncPropertyWithHooks<Example>,
): void {
  it.each(Object.entries(engines))('fails for an engine that %s', async (name, breakIt) => {
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    breakIt()
    // One example is enough: it need not be the smallest.
    const { failed, numRuns } = await fc.check(property, { numRuns: 300, endOnFailure: true })
    expect(failed, `${numRuns} histories found nothing`).toBe(true)
    if (process.env['TIDINGS_HISTORIES']) console.log(`${name}: found by history ${numRuns}`)
  })
}
