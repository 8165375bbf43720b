import type { Browser } from 'playwright-core'

/** Returns a function that tells the CPU time of a browser's renderer processes from now on, in microseconds. */
export async function rendererCpuUs(browser: Browser): Promise<() => Promise<number>> {
  const session = await browser.newBrowserCDPSession()
  const read = async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    const renderers = processInfo.filter(({ type }) => type === 'renderer')
    return new Map(renderers.map(({ id, cpuTime }) => [id, cpuTime * 1e6]))
  }
  const atStart = await read()
  // Renderers of other pages may have started or ended meanwhile.
  return async () => [...(await read())].reduce((sum, [id, now]) => sum + now - (atStart.get(id) ?? 0), 0)
}
