import { listen } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'
import { inspectedApp } from './inspected-app.js'

export { contract } from './inspected-app.js'

/** Starts a server with an inspector in Express, and stops it when the test is over. */
export async function startInspected(port?: number) {
  const { app, tidings } = inspectedApp()
  const listening = await listen(app, port)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { ...listening, tidings, address: `${listening.origin}/events/$inspect` }
}
