import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

export const chromiumPath = process.env['TIDINGS_CHROMIUM'] ?? '/usr/bin/chromium'

/** Whether there is a Chromium to test with. With `CI=true` there has to be. */
export const hasChromium = existsSync(chromiumPath) || process.env['CI'] === 'true'

export const chromiumArgs = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts Chromium without a window, on a profile of its own that is removed with it. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, headless: true, args: chromiumArgs })
}
