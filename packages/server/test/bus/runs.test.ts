import { until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { cuttable, failureOf, framesOf, newRunId, Service, wordsOf } from './run-nodes.js'
import { sharedBuses } from './shared-buses.js'

const idsOf = (stream: { events: readonly { id?: string | undefined }[] }) =>
  stream.events.slice(1).map(({ id }) => id)

describe.each(sharedBuses())('runs of nodes on one bus in $what', ({ connect }) => {
  it('are read on every node, from the beginning and live', async () => {
    const service = new Service()
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    const here = await a.startAndRead(id, 'one')
    const telling = await service.telling('one')
    for (const word of ['first', 'second']) await telling.say(word)
    await here.count(3)
    const there = await b.read(id)
    await there.count(3)
    await telling.say('third')
    await here.count(4)
    await there.count(4)
    telling.end(3)
    for (const stream of [here, there]) await until(stream.isOver, 'its response was over')
    expect(framesOf(there)).toEqual([
      ['word', 'first'],
      ['word', 'second'],
      ['word', 'third'],
      ['$output', { words: 3 }],
    ])
    expect(framesOf(here)).toEqual(framesOf(there))
    expect(idsOf(here)).toEqual(idsOf(there))
    const late = await b.read(id, here.events[2]?.id)
    await until(late.isOver, 'its response was over')
    expect(framesOf(late)).toEqual(framesOf(there).slice(2))
  })

  it('are read after their end where nothing of them is known, and by a cursor of the end', async () => {
    const service = new Service()
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    const here = await a.startAndRead(id, 'ended')
    const telling = await service.telling('ended')
    await Promise.all(Array.from({ length: 1_500 }, (_, n) => telling.say(`${n}`)))
    telling.end(1_500)
    await until(here.isOver, 'it was over')
    const there = await b.read(id)
    await until(there.isOver, 'its response was over')
    expect(framesOf(there)).toEqual(framesOf(here))
    expect(framesOf(there)).toHaveLength(1_501)
    const again = await b.read(id, here.events.at(-1)?.id)
    await until(again.isOver, 'its response was over')
    expect(framesOf(again)).toEqual([])
  })

  it('carry more than a node reads at once, in order', async () => {
    const service = new Service()
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    await a.start(id, 'long')
    const there = await b.read(id)
    const telling = await service.telling('long')
    const words = Array.from({ length: 300 }, (_, n) => `${n} ${'x'.repeat(2_000)}`)
    for (const word of words) await telling.say(word)
    telling.end(300)
    await until(there.isOver, 'its response was over')
    expect(wordsOf(there)).toEqual(words)
    expect(framesOf(there).at(-1)).toEqual(['$output', { words: 300 }])
  })

  it('are carried by a shared connection of another node', async () => {
    const service = new Service()
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    expect(await a.start(id, 'shared')).toMatchObject({ status: 202, body: { run: id, subscribed: false } })
    const { stream, control } = await b.share()
    const [result] = await control({ subscribe: `tell?$run=${id}` })
    expect(result).toMatchObject({ status: 'accepted', cursor: expect.stringMatching(/\.0$/) })
    const telling = await service.telling('shared')
    await telling.say('word')
    telling.end(1)
    await until(() => stream.events.some(({ event }) => event === '$output'), 'the output arrived')
    expect(framesOf(stream).slice(1)).toEqual([
      ['word', 'word'],
      ['$output', { words: 1 }],
    ])
  })

  it('are not started twice by a retry on another node', async () => {
    const service = new Service()
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    expect((await a.start(id, 'retried')).status).toBe(202)
    expect((await b.start(id, 'retried')).status).toBe(202)
    const there = await b.startAndRead(id, 'retried')
    expect(await b.start(id, 'another')).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(await b.start(id, 'retried', 'eve')).toMatchObject({ status: 409, body: { code: 'conflict' } })
    const telling = await service.telling('retried')
    await telling.say('word')
    telling.end(1)
    await until(there.isOver, 'its response was over')
    expect(framesOf(there)).toEqual([
      ['word', 'word'],
      ['$output', { words: 1 }],
    ])
    expect((await b.start(id, 'retried')).status).toBe(202)
    expect(service.tellings).toHaveLength(1)
  })

  it('are started once when several nodes start them at once', async () => {
    const service = new Service()
    const nodes = await Promise.all(['a', 'b', 'c'].map((name) => service.node(name, connect())))
    const ids = Array.from({ length: 10 }, newRunId)
    for (const [n, id] of ids.entries()) {
      const streams = await Promise.all(nodes.map((node) => node.startAndRead(id, `story ${n}`)))
      const telling = await service.telling(`story ${n}`)
      await telling.say('word')
      telling.end(1)
      for (const stream of streams) {
        await until(stream.isOver, 'its response was over')
        expect(framesOf(stream)).toEqual([
          ['word', 'word'],
          ['$output', { words: 1 }],
        ])
      }
    }
    expect(service.tellings).toHaveLength(10)
  })

  it('are unknown to other principals and under other ids', async () => {
    const service = new Service()
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    await a.start(id, 'private')
    const { control } = await b.share()
    const unknown = `tell?$run=${newRunId()}`
    expect(await control({ subscribe: unknown })).toMatchObject([
      { status: 'refused', problem: { code: 'not_found' } },
    ])
    expect((await b.cancel(id, 'eve')).status).toBe(403)
    expect((await b.cancel(newRunId())).status).toBe(404)
    const response = await fetch(`${b.url}/tell?$run=${id}`, { headers: { 'x-user': 'eve' } })
    expect(response.status).toBe(403)
    expect((await service.telling('private')).signal.aborted).toBe(false)
  })

  it('are cancelled on another node, for all readers', async () => {
    const service = new Service()
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    const here = await a.startAndRead(id, 'cancelled')
    const there = await b.read(id)
    const telling = await service.telling('cancelled')
    await telling.say('word')
    await there.count(2)
    expect((await b.cancel(id)).status).toBe(204)
    for (const stream of [here, there]) {
      await until(stream.isOver, 'its response was over')
      expect(framesOf(stream)).toMatchObject([
        ['word', 'word'],
        ['$error', { code: 'cancelled', ended: true, topic: `tell?$run=${id}` }],
      ])
    }
    expect(telling.signal.aborted).toBe(true)
    expect((await b.cancel(id)).status).toBe(204)
  })

  it('end when their last reader detaches, on another node', async () => {
    const service = new Service({ lingerMs: 60_000 })
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    await a.start(id, 'left')
    const telling = await service.telling('left')
    const [one, other] = [await b.share(), await b.share()]
    const subscribe = { subscribe: `tell?$run=${id}` }
    await one.control(subscribe)
    await other.control(subscribe)
    await one.control({ unsubscribe: `tell?$run=${id}` })
    await telling.say('word')
    await until(() => other.stream.events.some(({ event }) => event === 'word'), 'it arrived')
    expect(telling.signal.aborted).toBe(false)
    // A reader that is replaced has not left.
    await other.control(subscribe)
    await telling.say('word')
    expect(telling.signal.aborted).toBe(false)
    await other.control({ unsubscribe: `tell?$run=${id}` })
    await until(() => telling.signal.aborted, 'the signal fired')
  })

  it('wait for a reader that was lost on another node', async () => {
    const service = new Service({ lingerMs: 60_000 })
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const c = await service.node('c', connect())
    const id = newRunId()
    await a.start(id, 'lost')
    const telling = await service.telling('lost')
    const there = await b.read(id)
    await telling.say('first')
    await there.count(2)
    there.leave()
    await telling.say('second')
    const again = await c.read(id, there.events[1]?.id)
    await telling.say('third')
    await again.count(3)
    expect(wordsOf(again)).toEqual(['second', 'third'])
    expect(telling.signal.aborted).toBe(false)
  })

  it('end when a reader that was lost on another node does not return', async () => {
    const service = new Service({ lingerMs: 100 })
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    await a.start(id, 'gone')
    const telling = await service.telling('gone')
    const there = await b.read(id)
    await telling.say('first')
    await there.count(2)
    there.leave()
    await until(() => telling.signal.aborted, 'the signal fired')
    const late = await b.read(id)
    await until(late.isOver, 'its response was over')
    expect(failureOf(late)).toBe('cancelled')
  })

  it('hold their handler for a slow reader on another node', async () => {
    const service = new Service()
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    await a.start(id, 'slow')
    const reader = await b.readSlowly(id)
    await until(() => reader.text().includes('$open'), 'it reads')
    const telling = await service.telling('slow')
    reader.pause()
    let said = 0
    let isHeld = false
    const total = 3_000
    const saying = (async () => {
      for (let n = 0; n < total; n += 1) {
        await telling.say(`${n} ${'x'.repeat(10_000)}`)
        said += 1
      }
      telling.end(total)
    })()
    for (let before = -1; !isHeld; ) {
      before = said
      await new Promise((resolve) => setTimeout(resolve, 500))
      isHeld = said > 0 && said === before
    }
    expect(said).toBeLessThan(total)
    reader.resume()
    await saying
    await until(() => reader.text().includes('$output'), 'the output arrived')
    const numbers = [...reader.text().matchAll(/^data: "(\d+) x/gm)].map(([, n]) => Number(n))
    expect(numbers).toEqual(Array.from({ length: total }, (_, n) => n))
  })

  it('go on for a fast reader, and end for one on another node that is left behind', async () => {
    const service = new Service({ maxBytes: 100_000 })
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const id = newRunId()
    const here = await a.startAndRead(id, 'uneven')
    const reader = await b.readSlowly(id)
    await until(() => reader.text().includes('$open'), 'it reads')
    reader.pause()
    const telling = await service.telling('uneven')
    const total = 3_000
    for (let n = 0; n < total; n += 1) await telling.say(`${n} ${'x'.repeat(10_000)}`)
    telling.end(total)
    await until(here.isOver, 'its response was over')
    expect(wordsOf(here)).toHaveLength(total)
    reader.resume()
    await until(() => reader.text().includes('"code":"gone"'), 'it was told')
    const numbers = [...reader.text().matchAll(/^data: "(\d+) x/gm)].map(([, n]) => Number(n))
    expect(numbers.length).toBeLessThan(total)
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => n))
  })

  it('end when the node of their last reader falls silent', async () => {
    const service = new Service({ lingerMs: 100 })
    const silent = cuttable(connect())
    const a = await service.node('a', connect())
    const b = await service.node('b', silent.bus)
    const id = newRunId()
    await a.start(id, 'unheard')
    const there = await b.read(id)
    const telling = await service.telling('unheard')
    await telling.say('word')
    await there.count(2)
    silent.cut()
    await until(() => telling.signal.aborted, 'the signal fired')
    expect(telling.signal.reason).toMatchObject({ code: 'aborted' })
  })

  it('are interrupted for all readers when their node falls silent', async () => {
    const service = new Service()
    const silent = cuttable(connect())
    const a = await service.node('a', silent.bus)
    const b = await service.node('b', connect())
    const c = await service.node('c', connect())
    const id = newRunId()
    const here = await a.startAndRead(id, 'interrupted')
    const telling = await service.telling('interrupted')
    const there = await b.read(id)
    await telling.say('word')
    await there.count(2)
    silent.cut()
    for (const stream of [there, here]) {
      await until(stream.isOver, 'its response was over')
      expect(framesOf(stream)).toMatchObject([
        ['word', 'word'],
        ['$error', { code: 'interrupted', ended: true, topic: `tell?$run=${id}` }],
      ])
    }
    expect(telling.signal.aborted).toBe(true)
    await expect(telling.say('too late')).rejects.toMatchObject({ code: 'interrupted' })
    silent.restore()
    const late = await c.read(id)
    await until(late.isOver, 'its response was over')
    expect(framesOf(late)).toEqual(framesOf(there))
    expect(idsOf(late)).toEqual(idsOf(there))
    // The caller may start again, with another id.
    expect((await c.start(newRunId(), 'again')).status).toBe(202)
  })

  it('are interrupted for a reader that comes after their node fell silent', async () => {
    const service = new Service()
    const silent = cuttable(connect())
    const a = await service.node('a', silent.bus)
    const b = await service.node('b', connect())
    const id = newRunId()
    await a.start(id, 'unread')
    const telling = await service.telling('unread')
    await telling.say('word')
    await until(async () => (await b.read(id)).response.ok, 'the bus has it')
    silent.cut()
    await until(() => telling.signal.aborted, 'the signal fired')
    await until(async () => {
      const late = await b.read(id)
      await late.count(2)
      await new Promise((resolve) => setTimeout(resolve, 200))
      return failureOf(late) === 'interrupted'
    }, 'the run was interrupted')
    expect(await b.cancel(id)).toMatchObject({ status: 204 })
  })

  it('survive a bus that fails for a moment', async () => {
    const service = new Service()
    const joint = cuttable(connect())
    const a = await service.node('a', joint.bus)
    const b = await service.node('b', connect())
    const id = newRunId()
    await a.start(id, 'shaken')
    const there = await b.read(id)
    const telling = await service.telling('shaken')
    await telling.say('first')
    await there.count(2)
    joint.cut()
    for (const word of ['second', 'third']) void telling.say(word)
    await new Promise((resolve) => setTimeout(resolve, 300))
    joint.restore()
    telling.end(3)
    await until(there.isOver, 'its response was over')
    expect(wordsOf(there)).toEqual(['first', 'second', 'third'])
    expect(framesOf(there).at(-1)).toEqual(['$output', { words: 3 }])
  })

  it('end on every node when their node closes', async () => {
    const service = new Service()
    const a = await service.node('a', connect())
    const b = await service.node('b', connect())
    const [id, another] = [newRunId(), newRunId()]
    await a.start(id, 'closed')
    await a.start(another, 'drained')
    const [there, drained] = [await b.read(id), await b.read(another)]
    const telling = await service.telling('closed')
    await telling.say('word')
    await there.count(2)
    const closing = a.tidings.close({ drainMs: 1_000 })
    ;(await service.telling('drained')).end(0)
    await closing
    for (const stream of [there, drained]) await until(stream.isOver, 'its response was over')
    expect(failureOf(there)).toBe('unavailable')
    expect(framesOf(drained)).toEqual([['$output', { words: 0 }]])
    const late = await b.read(id)
    await until(late.isOver, 'its response was over')
    expect(framesOf(late)).toEqual(framesOf(there))
  })
})
