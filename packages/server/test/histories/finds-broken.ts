import * as fc from 'fast-check'
import { expect, it, onTestFinished, vi } from 'vitest'

/** Breaks an engine on purpose, with mocks. */
type Break = () => unknown

/** Where fast-check finds a history again: its seed, and how many histories precede it. */
type Place = readonly [seed: number, index: number]

/**
 * Tests that random histories fail for each of the engines that are broken on purpose.
 *
 * @param found histories that failed for engines that few fail for. They are tried first, except in a soak
 */
export function itFindsBroken<Example>(
  engines: Readonly<Record<string, Break>>,
  property: fc.IAsyncPropertyWithHooks<Example>,
  found: Readonly<Record<string, Place>> = {},
): void {
  const isSoak = process.env['TIDINGS_HISTORIES'] !== undefined
  const unknown = Object.keys(found).filter((name) => !(name in engines))
  if (unknown.length > 0) throw new Error(`No engine has the name ${unknown.join(' or ')}`)

  it.each(Object.entries(engines))('fails for an engine that %s', async (name, breakIt) => {
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    breakIt()
    const place = isSoak ? undefined : found[name]
    if (place) {
      const [seed, index] = place
      const { failed } = await fc.check(property, {
        seed,
        path: `${index}`,
        numRuns: 1,
        endOnFailure: true,
      })
      if (failed) return
    }
    // One example is enough: it need not be the smallest.
    const { failed, numRuns } = await fc.check(property, {
      numRuns: isSoak ? 3_000 : 300,
      endOnFailure: true,
    })
    expect(failed, `${numRuns} histories found nothing`).toBe(true)
    if (isSoak) console.log(`${name}: found by history ${numRuns}`)
  })
}
