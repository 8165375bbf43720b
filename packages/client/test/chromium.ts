import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const executablePath = process.env['TIDINGS_CHROMIUM'] ?? '/usr/bin/chromium'

/** Whether there is a Chromium to test with. With `CI=true` there has to be. */
export const hasChromium = existsSync(executablePath) || process.env['CI'] === 'true'

/** Starts Chromium without a window, on a profile of its own that goes with it. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath,
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
    ],
  })
}
