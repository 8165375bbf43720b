import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { bundlePage } from '../lib/page-bundle.js'
import { rendererCpuUs } from '../lib/renderers.js'
import type { ClientHost } from './client-host.js'
import { subjectOf } from './clients.js'
import { allocatedBytes, samplingOptions } from './sampling.js'

type Page = typeof import('./page.js')

/** Each client is a page of its own, and the CPU of its renderer process is measured: all threads, user and system. */
export function chromiumHost(browser: Browser): ClientHost {
  const script = bundlePage(fileURLToPath(import.meta.resolve('@tidings/benchmarks/client-page')))
  return {
    name: 'Chromium',
    async connect(name, topics, url) {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(url)
      await page.addScriptTag({ content: await script, type: 'module' })
      await page.waitForFunction(() => 'commands' in globalThis)
      const tab = await context.newCDPSession(page)
      await page.evaluate((argument) => (globalThis as unknown as Page).commands.start(argument), {
        name: subjectOf(name),
        topics,
      })
      const cpuUs = await rendererCpuUs(browser)
      return {
        receive: (count) =>
          page.evaluate((argument) => (globalThis as unknown as Page).commands.receive(argument), count),
        cpuUs,
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
