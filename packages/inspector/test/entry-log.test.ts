import { describe, expect, it } from 'vitest'
import { EntryLog } from '../page/live/entry-log.js'

/** Returns a log whose frames are painted by hand. */
function newLog(limits = { entries: 3, characters: 1_000 }) {
  const frames: (() => void)[] = []
  const log = new EntryLog(limits, (notify) => frames.push(notify))
  const paint = () => {
    for (const frame of frames.splice(0)) frame()
  }
  const add = (text: string, name = 'message', kind: 'event' | 'gap' = 'event') =>
    log.add({ kind, name, text })
  const texts = () => log.view.shown.map(({ text }) => text)
  return { log, frames, paint, add, texts }
}

describe('the entries of a topic', () => {
  it('notifies once for all entries of a frame', () => {
    const { log, frames, paint, add, texts } = newLog()
    let notified = 0
    log.subscribe(() => {
      notified += 1
    })
    add('a')
    add('b')
    expect(frames).toHaveLength(1)
    paint()
    expect([notified, texts()]).toEqual([1, ['a', 'b']])
    add('c')
    paint()
    expect([notified, texts()]).toEqual([2, ['a', 'b', 'c']])
  })

  it('keeps the newest, and counts what it dropped', () => {
    const { log, paint, add, texts } = newLog()
    for (const text of ['a', 'b', 'c', 'd', 'e']) add(text)
    paint()
    expect(texts()).toEqual(['c', 'd', 'e'])
    expect(log.view).toMatchObject({ events: 5, dropped: 2, shownDropped: 2 })
  })

  it('is bounded while no frame is painted, as in a hidden page', () => {
    const { log, add } = newLog()
    for (let count = 0; count < 10_000; count += 1) add('a')
    expect(log.view.shown.length).toBeLessThan(6)
  })

  it('is bounded by the length of its texts, and keeps the newest whatever its length', () => {
    const { paint, add, texts } = newLog({ entries: 100, characters: 10 })
    for (const text of ['aaaa', 'bbbb', 'cccc']) add(text)
    paint()
    expect(texts()).toEqual(['bbbb', 'cccc'])
    add('d'.repeat(50))
    paint()
    expect(texts()).toEqual(['d'.repeat(50)])
  })

  it('filters entries by text, ignoring case, and events by name, keeping entries of other kinds', () => {
    const { log, paint, add, texts } = newLog({ entries: 10, characters: 1_000 })
    add('Hello')
    add('hi', 'typing')
    add('missed', 'gap', 'gap')
    log.setFilter({ text: 'HELL' })
    paint()
    expect(texts()).toEqual(['Hello'])
    add('hello again')
    paint()
    expect(texts()).toEqual(['Hello', 'hello again'])
    log.setFilter({ text: '', names: ['typing'] })
    paint()
    expect(texts()).toEqual(['hi', 'missed'])
  })

  it('stands still while paused, counts what arrives, and shows it afterwards', () => {
    const { log, paint, add, texts } = newLog()
    add('a')
    log.pause()
    for (const text of ['b', 'c', 'd', 'e']) add(text)
    paint()
    expect(texts()).toEqual(['a'])
    expect(log.view).toMatchObject({ isPaused: true, held: 4, events: 5 })
    log.resume()
    paint()
    expect(texts()).toEqual(['c', 'd', 'e'])
    expect(log.view).toMatchObject({ isPaused: false, held: 0 })
  })

  it('is empty after it was cleared, also while paused', () => {
    const { log, paint, add, texts } = newLog()
    add('a')
    log.pause()
    log.clear()
    add('b')
    paint()
    expect([texts(), log.view.held]).toEqual([[], 1])
    log.resume()
    paint()
    expect(texts()).toEqual(['b'])
  })
})
