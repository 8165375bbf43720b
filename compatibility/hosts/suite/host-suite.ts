import { until } from '@tidings/test-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, json, record, request } from './clients.js'
import type { Behaviour, Host, RunningHost } from './host.js'
import { pageOf } from './page.js'
import { startProxy } from './proxy.js'

const loopback = /^(::1|(::ffff:)?127\.0\.0\.1)$/

/**
 * Tests a host through HTTP alone. The tests share one server, so each has its own users and rooms, and the one
 * that closes the server is last.
 */
export function hostSuite(name: string, host: Host): void {
  describe.skipIf(host.isInstalled === false)(name, () => {
    let app: RunningHost
    // Some hosts are built first.
    beforeAll(async () => {
      app = await host.start()
    }, 300_000)
    afterAll(() => app?.stop())

    const shows = (behaviour: Behaviour, what: string, test: () => Promise<void>) =>
      it.skipIf(host.skips?.[behaviour] !== undefined)(what, test)

    const stats = () => connect(app, 'observer').control.stats()

    it('has its section in docs/runtimes.md, with the code of the app and what the host can do', async () => {
      const page = await pageOf(name)
      for (const file of host.files) {
        expect(await page.shows(file), `docs/runtimes.md contains ${file} as it is`).toBe(true)
      }
      expect(page.row).toEqual(page.rowFor(host))
    })

    shows('subscribe', 'delivers each event when it is emitted', async () => {
      const client = connect(app, 'subscribe')
      const { received, subscription } = record(client, 'subscribe')
      await subscription.ready
      for (const text of ['one', 'x'.repeat(90_000), 'two']) {
        await client.send({ roomId: 'subscribe', text })
        await until(() => received.at(-1) === text, 'the message had come')
      }
      expect(received).toHaveLength(4)
      expect(client.errors).toEqual([])
    })

    shows('snapshot', 'sends the snapshot before the events that follow it', async () => {
      const client = connect(app, 'snapshot')
      await client.send({ roomId: 'snapshot', text: 'old' })
      const { received, subscription } = record(client, 'snapshot')
      await subscription.ready
      await client.send({ roomId: 'snapshot', text: 'new' })
      await until(() => received.length === 2, 'both had come')
      expect(received).toEqual(['snapshot old', 'new'])
    })

    shows('resume', 'resumes after all connections were cut, without loss or repetition', async () => {
      const proxy = await startProxy(app.origin)
      const client = connect(app, 'resume', proxy.origin)
      const sender = connect(app, 'sender')
      const { received, subscription } = record(client, 'resume')
      await subscription.ready
      await sender.send({ roomId: 'resume', text: 'before' })
      await until(() => received.includes('before'), 'the first message had come')
      proxy.cut()
      await until(() => client.connection.state.status !== 'open', 'the client noticed')
      for (const text of ['while', 'away']) await sender.send({ roomId: 'resume', text })
      proxy.mend()
      await until(() => received.includes('away'), 'the client had resumed')
      await sender.send({ roomId: 'resume', text: 'after' })
      await until(() => received.includes('after'), 'the last message had come')
      expect(received).toEqual(['snapshot ', 'before', 'while', 'away', 'after'])
    })

    shows(
      'gap',
      'announces a gap, with a fresh snapshot, to a client that was away for too long',
      async () => {
        const proxy = await startProxy(app.origin)
        const client = connect(app, 'gap', proxy.origin)
        const sender = connect(app, 'sender')
        const { received, subscription } = record(client, 'gap')
        await subscription.ready
        proxy.cut()
        await until(() => client.connection.state.status !== 'open', 'the client noticed')
        const missed = Array.from({ length: 20 }, (_, n) => String(n))
        for (const text of missed) await sender.send({ roomId: 'gap', text })
        proxy.mend()
        await until(() => received.length === 3, 'the client had resumed')
        expect(received).toEqual(['snapshot ', 'gap expired', `snapshot ${missed.join()}`])
      },
    )

    shows('command', 'runs commands, with and without input and output', async () => {
      const client = connect(app, 'command')
      const sent = await client.send({ roomId: 'command', text: 'é😀' })
      expect(sent).toEqual({ text: 'é😀', sentAt: new Date(0) })
      expect(await client.control.disconnect()).toBeUndefined()
    })

    shows('typed error', 'rejects with the errors that the contract declares', async () => {
      const client = connect(app, 'typed error')
      const error = await client.send({ roomId: 'typed', text: 'spam' }).catch((cause: unknown) => cause)
      if (!client.send.isError(error) || error.code !== 'muted') throw error
      expect([error.status, error.data.until]).toEqual([422, new Date(60_000)])
    })

    shows('stream', 'runs streams, and delivers their events and output', async () => {
      const client = connect(app, 'stream')
      const run = client.count({ to: 3 })
      const other = connect(app, 'stream')
      for (const read of [() => run, () => client.count.attach(run.id), () => other.count.attach(run.id)]) {
        const reader = read()
        const numbers: number[] = []
        for await (const event of reader) numbers.push(event.data)
        expect([numbers, await reader.output]).toEqual([[1, 2, 3], { total: 3, at: new Date(0) }])
      }
      const plain = await (app.fetch ?? fetch)(`${app.origin}/events/count?$run=${run.id}`, {
        headers: { authorization: 'stream' },
      })
      expect((await plain.text()).match(/^event: .*/gm)?.at(-1)).toBe('event: $output')
    })

    shows(
      'refusals',
      'refuses what the contract, authorize and the origin of a page do not allow',
      async () => {
        const refusals = await Promise.all([
          request(app, '/nothing'),
          request(app, '/send'),
          request(app, '/send', { method: 'POST', body: 'text' }),
          request(app, '/send', json('{"roomId":')),
          request(app, '/send', json({ roomId: 1 })),
          request(app, '/room?roomId=staff'),
          request(app, '/room?roomId=a', { headers: { origin: 'https://other.example.org' } }),
        ])
        expect(refusals.map(({ status, body }) => [status, body.code])).toEqual([
          [404, 'not_found'],
          [405, 'method_not_allowed'],
          [415, 'unsupported_media_type'],
          [400, 'bad_request'],
          [400, 'invalid_input'],
          [403, 'forbidden'],
          [403, 'forbidden'],
        ])
        for (const { headers } of refusals) {
          expect(headers.get('content-type')).toBe('application/problem+json')
        }
        expect(refusals[1]?.headers.get('allow')).toBe('POST')
        const { received } = record(connect(app, 'refusals'), 'staff')
        await until(() => received.includes('error forbidden'), 'the client had received the refusal')
        const head = await request(app, '/room?roomId=a', { method: 'HEAD' })
        expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
      },
    )

    if (host.hasRoutes) {
      it('leaves paths beside the mount to the host', async () => {
        const [below, beside] = await Promise.all([
          request(app, '?x', { method: 'POST' }),
          request(app, '-archive', { method: 'POST' }),
        ])
        expect(below.headers.get('content-type')).toBe('application/problem+json')
        expect(beside.status).toBe(404)
        expect(beside.headers.get('content-type')).not.toBe('application/problem+json')
      })
    }

    shows('limits', 'enforces the limits of bodies and of connections', async () => {
      const long = JSON.stringify({ roomId: 'limits', text: 'x'.repeat(120_000) })
      const declared = await request(app, '/send', json(long))
      const body = new Blob([long]).stream()
      const undeclared = await request(app, '/send', { ...json(''), body, duplex: 'half' })
      for (const { status, body } of [declared, undeclared]) {
        expect([status, body.code]).toEqual([413, 'payload_too_large'])
      }
      const clients = Array.from({ length: 3 }, () => connect(app, 'limits'))
      await Promise.all(clients.map((client) => record(client, 'limits').subscription.ready))
      const refused = await request(app, '/room?roomId=limits', { headers: { authorization: 'limits' } })
      expect([refused.status, refused.body.code]).toEqual([429, 'too_many_requests'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    })

    shows('address', 'knows the address of the client', async () => {
      const { address, user } = await connect(app, 'address').control.caller()
      expect([address, user]).toEqual([expect.stringMatching(loopback), 'address'])
    })

    shows('address', 'believes what a proxy appended, and not what a client sent before it', async () => {
      const headers = { 'x-forwarded-for': '203.0.113.7, 127.0.0.1' }
      const { body } = await request(app, '/control/caller', json({}, headers))
      expect(body.address).toMatch(loopback)
    })

    shows(
      'slow reader',
      'waits for a client that does not read, and announces what it then misses',
      async () => {
        const proxy = await startProxy(app.origin)
        const slow = connect(app, 'slow reader', proxy.origin)
        const received: (number | 'gap')[] = []
        const subscription = slow.flood().subscribe({
          piece: ({ n }) => received.push(n),
          gap: () => received.push('gap'),
        })
        await subscription.ready
        proxy.pause()
        const controller = connect(app, 'controller')
        // Once may be while data travels. The pieces of one call are twice what the log keeps.
        let timesFull = 0
        await until(async () => {
          await controller.control.flood({ pieces: 32 })
          timesFull = (await stats()).lagging === 1 ? timesFull + 1 : 0
          return timesFull === 3
        }, 'the server waited for the client')
        // The log may still reach back to the client.
        await controller.control.flood({ pieces: 32 })
        proxy.resume()
        await until(() => received.includes('gap'), 'the client was told what it missed')
        const { last } = await controller.control.flood({ pieces: 1 })
        await until(() => received.at(-1) === last, 'the client had caught up')
        for (const [index, n] of received.entries()) {
          const before = received[index - 1]
          if (index > 0 && n !== 'gap' && before !== 'gap') expect(n).toBe(Number(before) + 1)
        }
      },
    )

    shows('disconnect', 'notices that the client of a topic or of a stream has left', async () => {
      const before = (await stats()).connections
      const client = connect(app, 'disconnect')
      const { subscription } = record(client, 'disconnect')
      await subscription.ready
      const abort = new AbortController()
      const run = client.count({ to: 1, hold: name }, { signal: abort.signal })
      for await (const event of run) if (event.data === 1) break
      client.close()
      abort.abort()
      await run.output.catch(() => {})
      const controller = connect(app, 'controller')
      await until(async () => (await controller.control.left()).includes(name), 'the stream was aborted')
      await until(async () => (await stats()).connections <= before, 'the connection was released')
    })

    it('has printed nothing', () => {
      const lines = (app.printed?.() ?? '').split('\n')
      expect(lines.filter((line) => line !== '' && !host.prints?.test(line))).toEqual([])
    })

    shows('close', 'ends its connections and refuses requests once it closes', async () => {
      const controller = connect(app, 'controller')
      const raw = await (app.fetch ?? fetch)(`${app.origin}/events/flood`)
      const ended = raw.text()
      await controller.control.shutDown()
      expect(await ended).toMatch(/^(id: .*\n)?retry: \d+\nevent: \$open\n/)
      const health = await request(app, '/$health')
      const refused = await request(app, '/control/stats', json({}))
      expect([health.status, refused.status, refused.body.code]).toEqual([503, 503, 'unavailable'])
    })
  })
}
