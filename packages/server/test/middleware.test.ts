import { listen } from '@tidings/test-kit'
import compression from 'compression'
import type { RequestHandler } from 'express'
import express5 from 'express'
import express4 from 'express-4'
import helmet from 'helmet'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer } from '../src/index.js'
import { contract } from './contract.js'
import { open, post } from './harness.js'

const bare: [string, () => RequestHandler[]] = ['nothing', () => []]
const stacks: [string, () => RequestHandler[]][] = [
  bare,
  ['compression()', () => [compression()]],
  ['compression() that would take everything', () => [compression({ filter: () => true, threshold: 0 })]],
  ['helmet()', () => [helmet()]],
  ['express.json()', () => [express5.json()]],
  ['express.json() of Express 4', () => [express4.json()]],
  ['all of them', () => [helmet(), compression({ threshold: 0 }), express5.json()]],
]

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('%s', (_version, express) => {
  describe.each(stacks)('behind %s', (_name, middleware) => {
    async function start() {
      const tidings = createServer(contract, {
        room: { snapshot: () => ({ messages: ['x'.repeat(10_000)] }) },
        send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
        admin: {
          ping: () => {},
          count: async function* ({ input }) {
            for (let n = 1; n <= input.to; n += 1) yield { type: 'number', data: n }
            return { total: input.to }
          },
        },
      })
      onTestFinished(() => tidings.close())
      const app = express()
      for (const each of middleware()) app.use(each)
      app.use('/api/events', expressHandler(tidings))
      const { origin } = await listen(app)
      return { tidings, url: `${origin}/api/events` }
    }

    it('delivers each event when it is emitted', async () => {
      const { tidings, url } = await start()
      const headers = { 'accept-encoding': 'gzip, br' }
      const stream = await open(`${url}/room?roomId=lobby`, { headers })
      await stream.count(2)
      for (let n = 1; n <= 3; n += 1) {
        await tidings.emit.room({ roomId: 'lobby' }).typing(`ada ${n}`)
        expect((await stream.count(2 + n)).at(-1)?.data).toBe(`"ada ${n}"`)
      }
    })

    it('responds to commands with and without a body, and refuses invalid input', async () => {
      const { url } = await start()
      const sent = await post(`${url}/send`, { text: 'hi' })
      expect([sent.status, sent.body]).toEqual([200, { text: 'hi', sentAt: '1970-01-01T00:00:00.000Z' }])
      expect((await post(`${url}/admin/ping`, {})).status).toBe(204)
      expect((await post(`${url}/send`, { text: 1 })).body.code).toBe('invalid_input')
      expect((await post(`${url}/send`, 'hi', { 'content-type': 'text/plain' })).status).toBe(415)
    })

    it('runs streams', async () => {
      const { url } = await start()
      const headers = { 'content-type': 'application/json', 'accept-encoding': 'gzip' }
      const stream = await open(`${url}/admin/count`, { method: 'POST', headers, body: '{"to":2}' })
      const names = (await stream.count(4)).map(({ event }) => event)
      expect(names).toEqual(['$open', 'number', 'number', '$output'])
    })
  })
})
