import { loadRuns } from '../runs/deferred-run.js'

/**
 * Resolves when the code of runs is loaded, which clients otherwise load with their first run.
 *
 * For authors of a kit, whose tests expect a run to begin at once: `createTestServer` and `mockClient` wait for it.
 *
 * @throws TidingsError `network` if it cannot be loaded
 */
export async function runsLoaded(): Promise<void> {
  await loadRuns()
}
