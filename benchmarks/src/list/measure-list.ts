import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { Child } from '../lib/child.js'
import { bundlePage } from '../lib/page-bundle.js'
import { rendererCpuUs } from '../lib/renderers.js'
import type { ListFeedCommands } from './feed.js'
import type { Watched } from './frames.js'
import type { Variant } from './variants.js'

type Page = { readonly commands: PageCommands }

/** What `page.tsx` offers. */
interface PageCommands {
  start(variant: Variant): Promise<void>
  watch(ms: number): Promise<Watched & { readonly events: number; readonly renders: number }>
  shown(id: number): { isCurrent: boolean; total: number; text?: string; expected?: string }
}

export interface ListReading extends Watched {
  readonly variant: Variant
  readonly seconds: number
  readonly events: number
  readonly renders: number
  /** The CPU of the renderer process, as a share of one core. */
  readonly cpu: number
}

export interface ListOptions {
  readonly perSecond: number
  readonly warmUpMs: number
  readonly measuredMs: number
}

/** Bundles the script of the page. */
export function bundleList(): Promise<string> {
  return bundlePage(fileURLToPath(import.meta.resolve('@tidings/benchmarks/list-page')))
}

/**
 * Measures a page that shows the list while events arrive. The server is a process of its own.
 *
 * @throws Error if the page does not show the last state afterwards
 */
export async function measureList(
  browser: Browser,
  script: string,
  variant: Variant,
  { perSecond, warmUpMs, measuredMs }: ListOptions,
): Promise<ListReading> {
  const feed = new Child<ListFeedCommands>('@tidings/benchmarks/list-feed', 'the server')
  const context = await browser.newContext({ viewport: { width: 800, height: 700 } })
  try {
    const page = await context.newPage()
    await page.goto(await feed.call('url'))
    await page.addScriptTag({ content: script, type: 'module' })
    await page.waitForFunction(() => 'commands' in globalThis)
    await page.evaluate((name) => (globalThis as unknown as Page).commands.start(name), variant)
    const cpuUs = await rendererCpuUs(browser)
    await feed.call('begin', perSecond)
    const watch = (ms: number) =>
      page.evaluate((time) => (globalThis as unknown as Page).commands.watch(time), ms)
    await watch(warmUpMs)
    const [cpuBefore, begin] = [await cpuUs(), performance.now()]
    const watched = await watch(measuredMs)
    const seconds = (performance.now() - begin) / 1_000
    const cpu = ((await cpuUs()) - cpuBefore) / 1e6 / seconds
    await feed.call('stop')
    await page.waitForFunction(() => {
      const { isCurrent, total, text, expected } = (globalThis as unknown as Page).commands.shown(7)
      return isCurrent && total === 1_000 && text === expected
    })
    return { variant, seconds, cpu, ...watched }
  } finally {
    await context.close()
    await feed.end()
  }
}
