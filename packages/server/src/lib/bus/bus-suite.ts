import type { Bus } from './bus.js'
import { type BusTest, testsOn } from './suite/bus-test.js'
import { coordinationTests } from './suite/coordination-tests.js'
import { discardingTests } from './suite/discarding-tests.js'
import { extendingTests } from './suite/extending-tests.js'
import { listeningTests } from './suite/listening-tests.js'
import { logTests } from './suite/log-tests.js'

export type { BusTest } from './suite/bus-test.js'

/** The options of {@link busSuite}. */
export interface BusSuiteOptions {
  /** Makes another member of the bus, as each node of a service has one. The suite closes it. */
  connect(): Bus | Promise<Bus>
}

/**
 * Returns the tests that every bus has to pass, for any test runner: give each to its `it`.
 *
 * ```ts
 * for (const { name, run } of busSuite({ connect: () => memoryBus({ shareWith }) })) it(name, run)
 * ```
 */
export function busSuite({ connect }: BusSuiteOptions): readonly BusTest[] {
  const test = testsOn(connect)
  return [
    ...logTests(test),
    ...extendingTests(test),
    ...discardingTests(test),
    ...listeningTests(test),
    ...coordinationTests(test),
  ]
}
