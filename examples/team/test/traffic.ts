import type { Page } from 'playwright-core'

/** A request of a page, and the answer, which the page itself may be unable to read. */
export interface Exchange {
  readonly request: string
  readonly hasCookie: boolean
  readonly status: number
}

/** Records what a page sends and what it is answered, from now on. */
export async function recordTraffic(page: Page): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = []
  const requests = new Map<string, string>()
  const withCookie = new Set<string>()
  const network = await page.context().newCDPSession(page)
  network.on('Network.requestWillBeSent', ({ requestId, request }) => {
    requests.set(requestId, `${request.method} ${new URL(request.url).pathname}`)
  })
  network.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) => {
    if (Object.keys(headers).some((name) => name.toLowerCase() === 'cookie')) withCookie.add(requestId)
  })
  network.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    const request = requests.get(requestId) ?? 'unknown'
    exchanges.push({ request, hasCookie: withCookie.has(requestId), status: statusCode })
  })
  await network.send('Network.enable')
  return exchanges
}
