import { join } from 'node:path'
import { failingNetwork, pause } from '@tidings/test-kit'
import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import { describe, expect, it } from 'vitest'
import { answer } from '../src/server/answer.js'
import { documentation } from '../src/server/documentation.js'
import { simulatedModel } from '../src/server/simulated-model.js'
import { emptyAnswer, fold } from '../src/web/answer.js'
import { startAssistant } from './app.js'
import { ask, statusOf, textsOf } from './browser.js'
import { startEndpoint } from './endpoint.js'
import { answerOf, textsIn } from './server-answer.js'

const newContext = sharedChromium()
const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true }

/** Starts the assistant with a model whose replies the test writes. */
async function startWithEndpoint() {
  const endpoint = await startEndpoint()
  const assistant = await startAssistant({ MODEL: 'small', MODEL_URL: endpoint.url, MODEL_KEY: 'secret' })
  return { endpoint, ...assistant }
}

/** What the simulated model answers, without a server. */
async function expectedTexts(question: string): Promise<string[]> {
  const { signal } = new AbortController()
  const search = documentation(join(import.meta.dirname, '../../..'), 0)
  let expected = emptyAnswer
  for await (const event of answer(question, { model: simulatedModel(0), search, signal })) {
    expected = fold(expected, event)
  }
  return textsIn(expected)
}

describe('the built assistant', () => {
  it('prints its address and where answers come from, and stops on SIGTERM', async () => {
    const { log, errors, stop } = await startAssistant()
    await expect
      .poll(log)
      .toMatch(/^The assistant is running at http:\/\/localhost:\d+\nAnswers come from a simulated model/)
    expect([await stop(), errors()]).toEqual([0, ''])
  })

  it('does not start with half of the settings of a model', async () => {
    await expect(startAssistant({ MODEL: 'small' })).rejects.toThrow('MODEL and MODEL_URL belong together')
    await expect(startAssistant({ PACE: 'fast' })).rejects.toThrow('PACE is fast')
  })
})

describe.skipIf(!hasChromium)('an answer in Chromium', () => {
  it('is the same to the letter after a reload in the middle, in a second tab and on a phone', async () => {
    const { address, stop, errors } = await startAssistant({ PACE: '0.3' })
    const question = 'What happens to a “slow” client? 👩‍👩‍👧'
    const context = await newContext()
    const page = await openTab(context, address)
    const url = await ask(page, question)
    await expect.poll(async () => (await textsOf(page)).length).toBe(2)
    await page.reload()
    const others = [await openTab(context, address), await openTab(await newContext(phone), url)]
    for (const each of [page, ...others]) {
      await each.getByText('· simulated model').waitFor()
      expect(await textsOf(each)).toEqual(await expectedTexts(question))
      expect(await each.locator('.question').textContent()).toBe(question)
      expect(each.url()).toBe(url)
    }
    expect((await answerOf(url)).texts).toEqual(await expectedTexts(question))
    expect([await stop(), errors()]).toEqual([0, ''])
  })

  it('continues after a reload in the middle with what the page had shown before', async () => {
    const { endpoint, address } = await startWithEndpoint()
    const page = await openTab(await newContext(), address)
    await ask(page, 'Why?')
    const first = await endpoint.next()
    first.text('I ')
    first.text('search.')
    first.search('runs')
    first.end()
    const second = await endpoint.next()
    second.text('A run ')
    await expect.poll(() => textsOf(page)).toEqual(['I search.', 'A run '])
    await page.reload()
    await expect.poll(() => textsOf(page)).toEqual(['I search.', 'A run '])
    expect(await statusOf(page)).toBe('Writing')
    second.text('survives.')
    await expect.poll(() => textsOf(page)).toEqual(['I search.', 'A run survives.'])
    second.end()
    await expect.poll(() => statusOf(page)).toBe('4 tokens · 1 search · small')
    await page.getByText('“runs”').click()
    expect(await page.locator('.tool li').count()).toBe(3)
  })

  it('is written to its end after the last tab has closed, and shown to one that opens the bare address', async () => {
    const { endpoint, address } = await startWithEndpoint()
    const context = await newContext()
    const page = await openTab(context, address)
    const url = await ask(page, 'Why?')
    const reply = await endpoint.next()
    reply.text('Because ')
    await expect.poll(() => textsOf(page)).toEqual(['Because '])
    await page.close()
    await pause(1_000) // the server has noticed, and nothing ends the reply
    expect(reply.response.destroyed).toBe(false)
    reply.text('of that.')
    reply.end()
    expect((await answerOf(url)).end).toEqual({ name: '$output', data: { tokens: 2, tools: 0 } })
    const again = await openTab(context, address)
    await expect.poll(() => textsOf(again)).toEqual(['Because of that.'])
    expect(again.url()).toBe(url)
    await again.getByText('New question').click()
    await again.getByText('Ask about Tidings', { exact: true }).waitFor()
    await again.goBack()
    await expect.poll(() => textsOf(again)).toEqual(['Because of that.'])
  })

  it('stops everywhere when one page stops it', async () => {
    const { endpoint, address, errors } = await startWithEndpoint()
    const page = await openTab(await newContext(), address)
    const url = await ask(page, 'Why?')
    const other = await openTab(await newContext(phone), url)
    const reply = await endpoint.next()
    reply.text('Because ')
    for (const each of [page, other]) await expect.poll(() => textsOf(each)).toEqual(['Because '])
    await other.getByRole('button', { name: 'Stop' }).click()
    for (const each of [page, other]) {
      await expect.poll(() => statusOf(each)).toBe('Stopped')
      expect(await textsOf(each)).toEqual(['Because '])
      await each.getByRole('button', { name: 'Ask', exact: true }).waitFor()
    }
    await reply.closed
    expect((await answerOf(url)).end).toMatchObject({ name: '$error', data: { code: 'cancelled' } })
    expect(errors()).toBe('')
  })

  it('contains what was written while the network was cut', async () => {
    const { endpoint, address } = await startWithEndpoint()
    const network = await failingNetwork(Number(new URL(address).port))
    const context = await newContext()
    const page = await openTab(context, network.origin)
    const id = new URL(await ask(page, 'Why?')).hash
    const reply = await endpoint.next()
    reply.text('Before, ')
    await expect.poll(() => textsOf(page)).toEqual(['Before, '])
    // Chromium refuses new requests while it plays being offline, but keeps what is open.
    await context.setOffline(true)
    network.become('down')
    await page.getByText('Reconnecting').waitFor()
    reply.text('meanwhile, ')
    const written = answerOf(`${address}/${id}`)
    expect(await textsOf(page)).toEqual(['Before, '])
    network.become('up')
    await context.setOffline(false)
    await expect.poll(() => textsOf(page)).toEqual(['Before, meanwhile, '])
    reply.text('after.')
    reply.end()
    expect((await written).texts).toEqual(['Before, meanwhile, after.'])
    await expect.poll(() => textsOf(page)).toEqual(['Before, meanwhile, after.'])
  })

  it('says why it is not whole, and may be asked for again', async () => {
    const { address, errors } = await startAssistant({ PACE: '0' })
    const page = await openTab(await newContext(), address)
    const url = await ask(page, 'Please fail')
    await expect.poll(() => statusOf(page)).toBe('The model broke off in the middle of its answer.')
    await page.reload()
    await expect.poll(() => statusOf(page)).toBe('The model broke off in the middle of its answer.')
    await page.getByRole('button', { name: 'Ask again' }).click()
    await expect.poll(() => page.url()).not.toBe(url)
    await expect.poll(() => statusOf(page)).toMatch(/broke off/)
    await expect.poll(errors).toContain('The question asked the model to fail')
  })

  it('is interrupted when the server dies, and the page says so as soon as it is back', async () => {
    const { endpoint, address, stop } = await startWithEndpoint()
    const page = await openTab(await newContext(), address)
    await ask(page, 'Why?')
    const reply = await endpoint.next()
    reply.text('Because ')
    await expect.poll(() => textsOf(page)).toEqual(['Because '])
    await stop('SIGKILL')
    await page.getByText('Reconnecting').waitFor()
    await startAssistant({ PORT: new URL(address).port })
    await expect.poll(() => statusOf(page)).toBe('The server has restarted in the middle of this answer.')
    expect(await textsOf(page)).toEqual(['Because '])
  })

  it('is shown as gone if the server does not have it', async () => {
    const { address } = await startAssistant()
    const page = await openTab(await newContext(), `${address}/#${'0'.repeat(32)}`)
    await page.getByText('This answer is not here any more').waitFor()
    await page.goto(`${address}/#what-is-this`)
    await page.getByText('The address of this page does not name an answer.').waitFor()
    await page.goto(address)
    await page.getByText('Ask about Tidings', { exact: true }).waitFor()
  })
})
