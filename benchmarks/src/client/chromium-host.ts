import type { Browser, CDPSession } from 'playwright-core'
import type { ClientHost } from './client-host.js'
import { bundlePage } from './page-bundle.js'
import { allocatedBytes, samplingOptions } from './sampling.js'

type Page = typeof import('./page.js')

/** Each client is a page of its own, and the CPU of its renderer process is measured: all threads, user and system. */
export function chromiumHost(browser: Browser): ClientHost {
  const script = bundlePage()
  return {
    name: 'Chromium',
    async connect(name, topics, url) {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(url)
      await page.addScriptTag({ content: await script, type: 'module' })
      await page.waitForFunction(() => 'commands' in globalThis)
      const [system, tab] = await Promise.all([browser.newBrowserCDPSession(), context.newCDPSession(page)])
      await page.evaluate((argument) => (globalThis as unknown as Page).commands.start(argument), {
        name,
        topics,
      })
      const atStart = await renderersOf(system)
      return {
        receive: (count) =>
          page.evaluate((argument) => (globalThis as unknown as Page).commands.receive(argument), count),
        async cpuUs() {
          // Renderers of other pages may have started or ended meanwhile.
          const cpu = await renderersOf(system)
          return [...cpu].reduce((sum, [id, now]) => sum + now - (atStart.get(id) ?? 0), 0)
        },
        async beginSampling() {
          await tab.send('HeapProfiler.startSampling', samplingOptions)
        },
        async endSampling() {
          const { profile } = await tab.send('HeapProfiler.stopSampling')
          return allocatedBytes(profile)
        },
        outOfOrder: () => page.evaluate(() => (globalThis as unknown as Page).commands.outOfOrder()),
        end: () => context.close(),
      }
    },
  }
}

/** Returns the CPU time of each renderer process so far, in microseconds. */
async function renderersOf(system: CDPSession): Promise<ReadonlyMap<number, number>> {
  const { processInfo } = await system.send('SystemInfo.getProcessInfo')
  const renderers = processInfo.filter(({ type }) => type === 'renderer')
  return new Map(renderers.map(({ id, cpuTime }) => [id, cpuTime * 1e6]))
}
