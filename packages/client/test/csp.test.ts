import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import { expect, it } from 'vitest'
import { startServer } from './harness.js'
import { pageServer } from './page-server.js'

const newContext = sharedChromium()

const policy = "default-src 'none'; connect-src 'self'; script-src 'self'"

/** Runs a client in a page that may not evaluate text as code, and gives what it got and what the page may not do. */
async function runUnderPolicy(entry: string): Promise<{ got: unknown; violations: unknown }> {
  const page = await pageServer(entry, { 'content-security-policy': policy })
  const { origin } = await startServer(
    {
      room: { snapshot: () => ({ messages: ['old'] }) },
      send: async ({ input, emit, fail }) => {
        if (input.text === 'spam') throw fail('muted', { until: new Date(60_000) })
        await emit.room({ roomId: 'lobby' }).message({ text: input.text, sentAt: new Date(1) })
        return { text: input.text, sentAt: new Date(1) }
      },
    },
    { before: page },
  )
  const tab = await (await newContext()).newPage()
  await tab.addInitScript(() => {
    const violations: string[] = []
    Object.assign(globalThis, { violations })
    document.addEventListener('securitypolicyviolation', (event) => {
      violations.push(`${event.violatedDirective} ${event.blockedURI}`)
    })
  })
  await tab.goto(origin)
  await tab.waitForFunction(() => 'useClient' in globalThis)
  const got = await tab.evaluate("useClient('the default')")
  return { got, violations: await tab.evaluate('violations') }
}

const everything = [{ messages: ['old'] }, 'hi', true, 1, 2, { total: 2 }, expect.anything(), 60_000]

it.skipIf(!hasChromium)(
  "a client works under a policy that forbids eval, which reports zod's probe",
  async () => {
    const { got, violations } = await runUnderPolicy('page.ts')
    expect(got).toEqual(everything)
    expect(violations).toEqual(['script-src eval'])
  },
)

it.skipIf(!hasChromium)(
  'a client with a jitless zod does not violate a policy that forbids eval',
  async () => {
    const { got, violations } = await runUnderPolicy('jitless-page.ts')
    expect(got).toEqual(everything)
    expect(violations).toEqual([])
  },
)
