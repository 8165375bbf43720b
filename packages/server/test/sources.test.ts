import { channel, defineContract } from '@tidings/core'
import { pause, until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, type ServerOptions, type SourceRequest } from '../src/index.js'
import { mount, open } from './harness.js'

const contract = defineContract({
  feed: channel({ params: { name: z.string() }, events: { item: z.number() } }),
})

type Request = SourceRequest<{ name: string }, { item: number }>

async function start(
  source: (request: Request) => void | Promise<void>,
  options: ServerOptions<undefined> = {},
) {
  const runs: Request[] = []
  const tidings = createServer(contract, options, {
    feed: {
      source: (request) => {
        runs.push(request)
        return source(request)
      },
    },
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, runs, url: await mount(expressHandler(tidings)) }
}

const untilAborted = ({ signal }: Request) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))

describe('a source', () => {
  it('runs once for each topic with subscribers', async () => {
    const { tidings, runs, url } = await start(async (request) => {
      for (let n = 1; n <= 3; n += 1) await request.emit.item(n)
      await untilAborted(request)
    })
    await tidings.emit.feed({ name: 'a' }).item(0)
    expect(runs).toHaveLength(0)
    const first = await open(`${url}/feed?name=a`)
    expect((await first.count(4)).map(({ data }) => data).slice(1)).toEqual(['1', '2', '3'])
    const [second, other] = await Promise.all([open(`${url}/feed?name=a`), open(`${url}/feed?name=b`)])
    await Promise.all([second.count(1), other.count(4)])
    expect(runs.map(({ params }) => params)).toEqual([{ name: 'a' }, { name: 'b' }])
    await runs[0]?.emit.item(4)
    expect((await second.count(2))[1]?.data).toBe('4')
    expect(other.events).toHaveLength(4)
  })

  it('lingers after the last subscriber, is then aborted, and restarts for the next', async () => {
    const { tidings, runs, url } = await start(untilAborted, { lingerMs: 100 })
    const first = await open(`${url}/feed?name=a`)
    await first.count(1)
    first.leave()
    await until(() => tidings.stats().connections === 0, 'the first had left')
    const second = await open(`${url}/feed?name=a`)
    await second.count(1)
    expect(runs).toHaveLength(1)
    await pause(150)
    expect(runs[0]?.signal.aborted).toBe(false)
    second.leave()
    await until(() => runs[0]?.signal.aborted === true, 'the source was aborted')
    const third = await open(`${url}/feed?name=a`)
    await third.count(1)
    expect(runs).toHaveLength(2)
    await expect(runs[0]?.emit.item(1)).rejects.toMatchObject({ code: 'aborted' })
    expect(() => runs[0]?.emit.item('1' as never)).toThrow('did not fit')
    await runs[1]?.emit.item(2)
    expect((await third.count(2))[1]?.data).toBe('2')
  })

  it('restarts with backoff after it throws, and the error is reported', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.01)
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    const errors: [unknown, string][] = []
    let failures = 0
    const { runs, url } = await start(
      async (request) => {
        failures += 1
        if (failures === 1) throw new Error('first')
        if (failures === 2) await request.emit.item('no number' as never)
        await request.emit.item(failures)
        await untilAborted(request)
      },
      { onError: (error, { place }) => errors.push([error, place]) },
    )
    const stream = await open(`${url}/feed?name=a`)
    expect((await stream.count(2))[1]?.data).toBe('3')
    expect(runs).toHaveLength(3)
    expect(errors).toEqual([
      [expect.objectContaining({ message: 'first' }), 'feed?name=a'],
      [expect.objectContaining({ code: 'invalid_output' }), 'feed?name=a'],
    ])
  })

  it('restarts as well when it throws synchronously', async () => {
    const errors: unknown[] = []
    const source = () => {
      throw new Error('at once')
    }
    const { url } = await start(source, { onError: (error) => errors.push(error) })
    await (await open(`${url}/feed?name=a`)).count(1)
    expect(errors).toEqual([expect.objectContaining({ message: 'at once' })])
  })

  it('does not restart after it returns, until the topic had no subscribers', async () => {
    const { tidings, runs, url } = await start(({ emit }) => emit.item(1), { lingerMs: 0 })
    const first = await open(`${url}/feed?name=a`)
    await first.count(2)
    const second = await open(`${url}/feed?name=a`)
    await second.count(1)
    expect(runs).toHaveLength(1)
    first.leave()
    second.leave()
    await until(() => tidings.stats().connections === 0 && runs[0]?.signal.aborted === true, 'all had left')
    await (await open(`${url}/feed?name=a`)).count(2)
    expect(runs).toHaveLength(2)
  })

  it('is aborted when the server closes', async () => {
    const { tidings, runs, url } = await start(untilAborted)
    await (await open(`${url}/feed?name=a`)).count(1)
    await tidings.close({ drainMs: 0 })
    expect(runs[0]?.signal.aborted).toBe(true)
  })
})
