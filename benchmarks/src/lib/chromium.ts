import { type Browser, chromium } from 'playwright-core'

export const chromiumPath = process.env['TIDINGS_CHROMIUM'] ?? '/usr/bin/chromium'

/** Starts Chromium without a window, as the tests do. */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  })
}
