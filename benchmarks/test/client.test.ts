import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumHost } from '../src/client/chromium-host.js'
import { type ClientHost, measureClient } from '../src/client/client-host.js'
import { clientNames } from '../src/client/clients.js'
import { nodeHost } from '../src/client/node-host.js'
import { quickClientScenarios } from '../src/client/scenarios.js'
import { chromiumPath, launchChromium } from '../src/lib/chromium.js'

// The bench measures the build. Times depend on the machine and are not asserted.
function itMeasures(scenarioName: string, host: () => ClientHost) {
  const scenarios = quickClientScenarios.filter(({ name }) => name === scenarioName)
  describe.each(scenarios)('$name', (scenario) => {
    test.each(clientNames)('%s receives every event, in the order of its topic', async (name) => {
      const { cpuUs, allocatedBytes, outOfOrder } = await measureClient(host(), name, scenario)
      expect(outOfOrder).toBe(0)
      expect(cpuUs).toBeGreaterThanOrEqual(0)
      expect(allocatedBytes).toBeGreaterThan(0)
    })
  })
}

describe('in Node', () => itMeasures('burst-20', () => nodeHost()))

describe.skipIf(!existsSync(chromiumPath) && process.env['CI'] !== 'true')('in Chromium', () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  itMeasures('topics-300', () => chromiumHost(browser))
})
