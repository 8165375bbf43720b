import { once } from 'node:events'
import { request } from 'node:http'
import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import { describe, expect, it } from 'vitest'
import { startTeam } from './app.js'
import { incident, report, signIn, waitForBoard } from './browser.js'

const newContext = sharedChromium()

/** Opens a browser of its own, with the board of a user. */
async function enter(address: string, name: string) {
  const context = await newContext()
  const page = await openTab(context, address)
  await signIn(page, name)
  return { context, page }
}

describe('a command whose body arrives after its user has signed out', () => {
  it('is refused', async () => {
    const { address } = await startTeam()
    const json = { 'content-type': 'application/json' }
    const body = JSON.stringify({ userId: 'grace', password: 'tidings' })
    const signedIn = await fetch(`${address}/session`, { method: 'POST', headers: json, body })
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''

    const command = request(`${address}/events/incidents/report`, {
      method: 'POST',
      headers: { ...json, cookie },
    })
    command.write('{"title":"Too late",')
    const answered = once(command, 'response')
    await once(command, 'socket')
    // The server reads the context of requests in the order in which they arrive.
    expect((await fetch(`${address}/events/incidents/board`, { headers: { cookie } })).status).toBe(200)
    await fetch(`${address}/session`, { method: 'DELETE', headers: { cookie } })
    command.end('"severity":"low"}')
    const [{ statusCode }] = await answered
    expect(statusCode).toBe(401)
  })
})

describe.skipIf(!hasChromium)('a team in Chromium', () => {
  it('sees reports and assignments of others at once', async () => {
    const team = await startTeam()
    const { page: ada } = await enter(team.address, 'Ada')
    const { page: grace } = await enter(team.address, 'Grace')
    await report(grace, 'Checkout is slow')
    await incident(ada, 'Checkout is slow').getByText('Grace Hopper', { exact: false }).first().waitFor()
    await incident(ada, 'Checkout is slow').getByRole('combobox').selectOption('Alan Turing')
    await expect
      .poll(() => incident(grace, 'Checkout is slow').getByRole('combobox').inputValue())
      .toBe('alan')
    await ada.getByText('grace reported #1').waitFor()
    const native = () =>
      new Promise((resolve) => {
        const source = new EventSource('/events/incidents/board')
        source.addEventListener('$snapshot', ({ data }) => {
          source.close()
          resolve(JSON.parse(data))
        })
      })
    expect(await grace.evaluate(native)).toMatchObject({ incidents: [{ title: 'Checkout is slow' }] })
    expect(team.log()).toMatch(/^command incidents\/report by grace: ok, \d+\.\d ms$/m)
    expect([await team.stop(), team.errors()]).toEqual([0, ''])
  })

  it('refuses a wrong password, and a member what only an admin may do, until a role changes', async () => {
    const team = await startTeam()
    const page = await openTab(await newContext(), team.address)
    await page.getByLabel('Password').fill('guess')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The name or the password is wrong.').waitFor()

    const { page: ada } = await enter(team.address, 'Ada')
    const { page: grace } = await enter(team.address, 'Grace')
    await report(grace, 'Mail is late')
    await incident(grace, 'Mail is late').getByRole('button', { name: 'Close' }).click()
    await grace.getByText('Only an admin may do that.').waitFor()
    expect(team.log()).toMatch(/^command admin\/closeIncident by grace: forbidden/m)

    await ada.getByLabel('Role of Grace Hopper').selectOption('admin')
    await grace.getByRole('region', { name: 'Audit log' }).getByText('ada made grace admin').waitFor()
    await incident(grace, 'Mail is late').getByRole('button', { name: 'Close' }).click()
    await incident(ada, 'Mail is late').getByText('Closed', { exact: true }).waitFor()

    await ada.getByLabel('Role of Grace Hopper').selectOption('member')
    await grace.getByRole('region', { name: 'Audit log' }).waitFor({ state: 'hidden' })
    await waitForBoard(grace)
  })

  it('limits how often a member may report, and says when to try again', async () => {
    const team = await startTeam()
    const { page } = await enter(team.address, 'Alan')
    const reportOften = () =>
      Promise.all(
        Array.from({ length: 30 }, () =>
          fetch('/events/incidents/report', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{"title":"Again","severity":"low"}',
          }),
        ),
      )
    const message = page.getByText(/^That was a lot at once\. Try again in \d+ s\.$/)
    // The limit may let a further report through meanwhile.
    await expect
      .poll(async () => {
        await page.evaluate(reportOften)
        await report(page, 'Once more')
        return message.isVisible()
      })
      .toBe(true)
    expect(team.log()).toMatch(/^command incidents\/report by alan: too_many_requests/m)
    await expect
      .poll(
        async () => {
          await report(page, 'Later')
          return incident(page, 'Later').count()
        },
        { interval: 1_000, timeout: 20_000 },
      )
      .toBeGreaterThan(0)
  })

  it('signs out all tabs of a browser, and leaves other browsers signed in', async () => {
    const team = await startTeam()
    const { context, page: first } = await enter(team.address, 'Grace')
    const second = await openTab(context, team.address)
    await waitForBoard(second)
    const { page: elsewhere } = await enter(team.address, 'Grace')
    // The first tab has the connection of both, and does not end it by itself.
    await second.getByRole('button', { name: 'Sign out' }).click()
    await first.getByText('Your session has ended. Sign in again.').waitFor()
    expect(await first.evaluate(async () => (await fetch('/events/incidents/board')).status)).toBe(401)
    await report(elsewhere, 'Still here')
    await incident(elsewhere, 'Still here').waitFor()
  })

  it('signs a user out everywhere', async () => {
    const team = await startTeam()
    const { page: ada } = await enter(team.address, 'Ada')
    const browsers = await Promise.all([enter(team.address, 'Grace'), enter(team.address, 'Grace')])
    await ada.getByTitle('Sign Grace Hopper out everywhere').click()
    for (const { page } of browsers) await page.getByText('Your session has ended. Sign in again.').waitFor()
    await waitForBoard(ada)
  })

  it('asks to sign in again when the session expires during a connection', async () => {
    const team = await startTeam({ SESSION_MS: '4000' })
    const { page } = await enter(team.address, 'Alan')
    await page.getByText('Your session has ended. Sign in again.').waitFor()
    await signIn(page, 'Alan')
  })
})
