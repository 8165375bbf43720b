import { listen } from '@tidings/test-kit'
import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import { describe, expect, it } from 'vitest'
import { startTeam } from './app.js'
import { incident, signIn } from './browser.js'
import { recordTraffic } from './traffic.js'

const newContext = sharedChromium()
const reportPath = '/events/incidents/report'
const boardPath = '/events/incidents/board'

/**
 * Serves the attacker's page. A cookie that is SameSite=Lax is sent with requests of 127.0.0.1, another origin of the
 * board's site, as it would be from a subdomain. To `localhost`, the board is another site.
 */
async function startAttacker(host: '127.0.0.1' | 'localhost'): Promise<string> {
  const { port } = await listen((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>Win a prize</title>')
  })
  return `http://${host}:${port}`
}

/** Signs Ada in to the board, then opens the attacker's page in another tab of her browser. */
async function lure(address: string, attacker: string) {
  const context = await newContext()
  const board = await openTab(context, address)
  await signIn(board, 'Ada')
  const page = await openTab(context, attacker)
  return { context, board, page, traffic: await recordTraffic(page) }
}

/** Runs in the attacker's page: sends a request with the visitor's cookies. Returns the status, if the page may read it. */
async function send({ url, type, method }: { url: string; type?: string; method?: string }) {
  const body = JSON.stringify({ title: 'Wire the money', severity: 'low' })
  const init: RequestInit = type ? { method: 'POST', headers: { 'content-type': type }, body } : {}
  try {
    return (await fetch(url, { ...init, ...(method && { method }), credentials: 'include' })).status
  } catch {
    return 'unreadable'
  }
}

/** Runs in the attacker's page: posts a form whose body is JSON, with a type that forms can have. */
function postForm(url: string): void {
  const form = document.createElement('form')
  const field = document.createElement('input')
  form.method = 'post'
  form.enctype = 'text/plain'
  form.action = url
  field.name = '{"severity":"low","title":"Wire the money '
  field.value = '"}'
  form.append(field)
  document.body.append(form)
  form.submit()
}

/**
 * Leaves out the requests for an icon. That of the page before may be under way when the recording begins, and the
 * response to a form is a page of the site itself, whose icon is requested with the cookie.
 */
function withoutIcons<Entry extends { readonly request: string }>(traffic: readonly Entry[]): Entry[] {
  return traffic.filter(({ request }) => !/favicon|^unknown$/.test(request))
}

describe.skipIf(!hasChromium)('a page of another origin, whose requests carry the cookie', () => {
  it('can neither send a command, nor read a topic, nor post a form', async () => {
    const attacker = await startAttacker('127.0.0.1')
    const team = await startTeam()
    const { board, page, traffic } = await lure(team.address, attacker)
    const url = team.address + reportPath
    expect(await page.evaluate(send, { url: team.address + boardPath })).toBe('unreadable')
    expect(await page.evaluate(send, { url, type: 'application/json' })).toBe('unreadable')
    expect(await page.evaluate(send, { url, type: 'text/plain' })).toBe('unreadable')
    await page.evaluate(postForm, url)
    await page.getByText(`The origin ${attacker} may not use this server`).waitFor()
    expect(withoutIcons(traffic)).toEqual([
      { request: `GET ${boardPath}`, hasCookie: true, status: 403 },
      { request: `OPTIONS ${reportPath}`, hasCookie: false, status: 403 },
      { request: `POST ${reportPath}`, hasCookie: true, status: 403 },
      { request: `POST ${reportPath}`, hasCookie: true, status: 403 },
    ])
    expect(team.log()).not.toContain('incidents/report')
    expect(await incident(board, 'Wire the money').count()).toBe(0)
  })

  it('acts as the visitor if the server lists the origin, but not with a form', async () => {
    const origin = await startAttacker('127.0.0.1')
    const team = await startTeam({ ORIGINS: origin })
    const { board, page } = await lure(team.address, origin)
    const url = team.address + reportPath
    expect(await page.evaluate(send, { url: team.address + boardPath })).toBe(200)
    expect(await page.evaluate(send, { url, type: 'application/json' })).toBe(200)
    await incident(board, 'Wire the money').waitFor()
    expect(await page.evaluate(send, { url, type: 'text/plain' })).toBe(415)
    const answer = page.waitForResponse(url)
    await page.evaluate(postForm, url)
    expect((await answer).status()).toBe(415)
  })

  it('can neither sign the visitor out nor in', async () => {
    const attacker = await startAttacker('127.0.0.1')
    const team = await startTeam({ ORIGINS: attacker })
    const { board, page, traffic } = await lure(team.address, attacker)
    const url = `${team.address}/session`
    expect(await page.evaluate(send, { url, method: 'DELETE' })).toBe('unreadable')
    await page.evaluate(postForm, url)
    await page.getByText('The name or the password is wrong.').waitFor()
    expect(traffic).not.toContainEqual(expect.objectContaining({ request: 'DELETE /session' }))
    await board.reload()
    await board.getByText('Ada Lovelace').first().waitFor()
  })
})

describe.skipIf(!hasChromium)('a page of another site', () => {
  it('is not sent the cookie, which is SameSite=Lax', async () => {
    const origin = await startAttacker('localhost')
    const team = await startTeam({ ORIGINS: origin })
    const { context, page, traffic } = await lure(team.address, origin)
    expect(await context.cookies()).toMatchObject([{ name: 'session', httpOnly: true, sameSite: 'Lax' }])
    expect(await page.evaluate(send, { url: team.address + boardPath })).toBe(401)
    const url = team.address + reportPath
    expect(await page.evaluate(send, { url, type: 'application/json' })).toBe(401)
    await page.evaluate(postForm, url)
    await page.waitForURL(url)
    expect(withoutIcons(traffic).filter(({ hasCookie }) => hasCookie)).toEqual([])
  })

  it('is refused with a cookie that is SameSite=None, too', async () => {
    const attacker = await startAttacker('localhost')
    const team = await startTeam()
    const { context, page, traffic } = await lure(team.address, attacker)
    const [cookie] = await context.cookies()
    if (cookie) await context.addCookies([{ ...cookie, sameSite: 'None', secure: true }])
    const url = team.address + reportPath
    expect(await page.evaluate(send, { url, type: 'application/json' })).toBe('unreadable')
    await page.evaluate(postForm, url)
    await page.getByText(`The origin ${attacker} may not use this server`).waitFor()
    expect(traffic).toContainEqual({ request: `POST ${reportPath}`, hasCookie: true, status: 403 })
    expect(team.log()).not.toContain('incidents/report')
  })
})
