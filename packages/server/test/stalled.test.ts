import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import type { StalledServerReport } from './stalled-server.js'

/** A subscriber that notes what it was sent, without keeping it. */
class Reader {
  readonly socket: Socket
  /** The numbers of the events that came, in runs without a hole: first and last. */
  readonly runs: [number, number][] = []
  gaps = 0
  #rest = ''

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    onTestFinished(() => {
      this.socket.destroy()
    })
    this.socket.write('GET /events/feed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  }

  read(): void {
    this.socket.setEncoding('latin1').on('data', (piece: string) => {
      const text = this.#rest + piece
      const end = text.lastIndexOf('\n') + 1
      this.#rest = text.slice(end)
      for (const [line] of text.slice(0, end).matchAll(/^(?:event: \$gap|data: {"n":\d+)/gm)) {
        if (line.startsWith('event')) this.gaps += 1
        else this.#note(Number(line.slice('data: {"n":'.length)))
      }
    })
  }

  get last(): number {
    return this.runs.at(-1)?.[1] ?? 0
  }

  #note(n: number): void {
    const run = this.runs.at(-1)
    if (run?.[1] === n - 1) run[1] = n
    else this.runs.push([n, n])
  }
}

async function report(child: ChildProcess): Promise<StalledServerReport> {
  const [message] = await once(child, 'message')
  return message as StalledServerReport
}

it('a client that does not read costs no memory, delays no other client, and gets the rest or a gap', async () => {
  const child = fork(fileURLToPath(new URL('stalled-server.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx', '--conditions=@tidings/source', '--expose-gc'],
  })
  onTestFinished(() => {
    child.disconnect()
  })
  const [port] = (await once(child, 'message')) as [number]
  const reader = new Reader(port)
  reader.read()
  await once(reader.socket, 'data')

  let emitted = 0
  let peakRss = 0
  let last: StalledServerReport | undefined
  // The next thousand only when the reader has the last, which it would not if the other one held it up.
  async function emit(events: number): Promise<void> {
    for (let n = 0; n < events; n += 1_000) {
      child.send(1_000)
      emitted += 1_000
      last = await report(child)
      peakRss = Math.max(peakRss, last.peakRss)
      await until(() => reader.last === emitted, `the reader had ${emitted} events`)
    }
  }

  // Until the process has the size that emitting so much takes, whoever reads.
  await emit(50_000)
  const before = peakRss
  const stalled = new Reader(port)
  await once(stalled.socket, 'readable')
  await emit(50_000)
  expect(last?.lagging).toBe(1)
  expect(peakRss - before).toBeLessThan(32 * 1024 * 1024)
  expect([reader.runs, reader.gaps]).toEqual([[[1, 100_000]], 0])

  stalled.read()
  stalled.socket.resume()
  await until(() => stalled.gaps === 1, 'the stalled one received its gap')
  await emit(1_000)
  await until(() => stalled.last === emitted, 'it goes on')
  expect(stalled.gaps).toBe(1)
  expect(stalled.runs).toHaveLength(2)
  expect(stalled.runs[0]?.[0]).toBe(50_001)
})
