import { TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import type { Bus } from '../../src/index.js'
import { failureOf, framesOf, newRunId, Service } from './run-nodes.js'
import { sharedBuses } from './shared-buses.js'

/** What happens to the claim of a run's id, and to its withdrawal. */
interface Claims {
  acquire?(apply: () => Promise<boolean>): Promise<boolean>
  release?(apply: () => Promise<void>): Promise<void>
}

/** Returns a bus whose claims a test meddles with. */
function meddled(bus: Bus, claims: Claims): Bus {
  return new Proxy(bus, {
    get(target, name: keyof Bus) {
      const member = target[name]
      if (typeof member !== 'function') return member
      const call = member.bind(target) as (...args: unknown[]) => Promise<never>
      return (...args: unknown[]) => {
        const meddle = (claims as Record<string, ((apply: () => Promise<never>) => unknown) | undefined>)[
          name
        ]
        const apply = () => call(...args)
        return meddle && `${args[0]}`.startsWith('run:') ? meddle.call(claims, apply) : apply()
      }
    },
  })
}

/** Returns a claim that the bus applies while its response is lost, once. */
function losingOneResponse(): Required<Pick<Claims, 'acquire'>> {
  let isLost = false
  return {
    async acquire(apply) {
      const response = await apply()
      if (isLost) return response
      isLost = true
      throw unavailable()
    },
  }
}

/** Returns the error of a bus whose work may not be done. */
function unavailable(): TidingsError {
  return new TidingsError({ code: 'unavailable', message: 'The bus has not responded' })
}

const toldOnce = [
  ['word', 'word'],
  ['$output', { words: 1 }],
]

describe.each(sharedBuses())('claims of runs in $what', ({ connect }) => {
  it('whose response was lost are withdrawn: the run starts when the request is repeated', async () => {
    const service = new Service()
    const limits = { runsPerPrincipal: 1 }
    const a = await service.node('a', meddled(connect(), losingOneResponse()), { limits })
    const b = await service.node('b', connect())
    const id = newRunId()
    expect(await a.start(id, 'lost')).toMatchObject({ status: 503 })
    expect(await a.start(id, 'lost')).toMatchObject({ status: 202 })
    const there = await b.read(id)
    const telling = await service.telling('lost')
    await telling.say('word')
    telling.end(1)
    await until(there.isOver, 'its response was over')
    expect(framesOf(there)).toEqual(toldOnce)
    expect(service.tellings).toHaveLength(1)
  })

  it('that cannot be withdrawn at once are withdrawn later, and interrupted for their readers', async () => {
    const service = new Service()
    const claims: Claims = {
      ...losingOneResponse(),
      release: () => Promise.reject(unavailable()),
    }
    const a = await service.node('a', meddled(connect(), claims))
    const b = await service.node('b', connect())
    const id = newRunId()
    expect(await a.start(id, 'kept')).toMatchObject({ status: 503 })
    expect(await a.start(id, 'kept')).toMatchObject({ status: 503 })
    // The lease of the node is held on.
    expect(await a.start(newRunId(), 'another')).toMatchObject({ status: 202 })
    const there = await b.startAndRead(id, 'kept')
    await there.count(1)
    expect(there.isOver()).toBe(false)
    delete claims.release
    await until(there.isOver, 'its response was over')
    expect(failureOf(there)).toBe('interrupted')
    const again = await b.startAndRead(id, 'kept')
    const telling = await service.telling('kept')
    expect(telling.node).toBe('b')
    await telling.say('word')
    telling.end(1)
    await until(again.isOver, 'its response was over')
    expect(framesOf(again)).toEqual(toldOnce)
  })

  it('that were refused do not withdraw those of another node', async () => {
    const service = new Service()
    let isBroken = true
    const acquire = (apply: () => Promise<boolean>) =>
      isBroken ? b.start(id, 'other').then(() => Promise.reject(unavailable())) : apply()
    const a = await service.node('a', meddled(connect(), { acquire }))
    const b = await service.node('b', connect())
    const id = newRunId()
    expect(await a.start(id, 'other')).toMatchObject({ status: 503 })
    isBroken = false
    const here = await a.startAndRead(id, 'other')
    const telling = await service.telling('other')
    await telling.say('word')
    telling.end(1)
    await until(here.isOver, 'its response was over')
    expect(framesOf(here)).toEqual(toldOnce)
    expect(service.tellings.map(({ node }) => node)).toEqual(['b'])
  })

  it('count in the limits of runs while the bus has not responded', async () => {
    const service = new Service()
    let waiting = 0
    let proceed = () => {}
    const mayProceed = new Promise<void>((resolve) => {
      proceed = resolve
    })
    const acquire = async (apply: () => Promise<boolean>) => {
      waiting += 1
      await mayProceed
      return apply()
    }
    const limits = { runsPerPrincipal: 2 }
    const a = await service.node('a', meddled(connect(), { acquire }), { limits })
    const statuses: number[] = []
    const starting = Array.from({ length: 60 }, async (_, n) => {
      const { status } = await a.start(newRunId(), `story ${n}`)
      statuses.push(status)
    })
    await until(() => waiting + statuses.length === 60, 'each was refused or waits for the bus')
    proceed()
    await Promise.all(starting)
    expect(statuses.filter((status) => status === 202)).toHaveLength(2)
    expect(statuses.filter((status) => status === 429)).toHaveLength(58)
    expect(service.tellings).toHaveLength(2)
  })
})
