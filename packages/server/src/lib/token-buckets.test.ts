import { describe, expect, it } from 'vitest'
import { TokenBuckets } from './token-buckets.js'

const rate = { burst: 3, perSecond: 2 }

/** Buckets whose clock the test moves. */
function start(most = 1_000) {
  const clock = { now: 1_000_000 }
  const buckets = new TokenBuckets(most, () => clock.now)
  return { clock, buckets, take: (name: string) => buckets.take(name, rate) }
}

describe('a token bucket', () => {
  it('allows a burst, then tokens at its rate', () => {
    const { clock, take } = start()
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 500])
    clock.now += 250
    expect(take('a')).toBe(250)
    clock.now += 250
    expect([take('a'), take('a')]).toEqual([0, 500])
    clock.now += 60_000
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 500])
    expect(take('b')).toBe(0)
  })

  it('keeps its tokens when the clock is set back, and refills from there', () => {
    const { clock, take } = start()
    expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 0])
    clock.now -= 3_600_000
    expect(take('a')).toBe(500)
    clock.now += 500
    expect([take('a'), take('a')]).toEqual([0, 500])
  })
})

describe('token buckets', () => {
  it('are discarded once full', () => {
    const { clock, buckets, take } = start()
    for (let n = 0; n < 100; n += 1) take(`a ${n}`)
    expect(buckets.size).toBe(100)
    clock.now += 500
    for (let n = 0; n < 20; n += 1) take(`b ${n}`)
    expect(buckets.size).toBe(20)
  })

  it('are bounded, whatever names callers make up, and forget no bucket in use', () => {
    const { buckets, take } = start()
    const callers = Array.from({ length: 20 }, (_, n) => `caller ${n}`)
    for (const caller of callers) expect([take(caller), take(caller), take(caller)]).toEqual([0, 0, 0])
    let count = 0
    const makeUp = (keys: number) => {
      for (let n = 0; n < keys; n += 1) take(`made up ${count++}`)
    }
    while (count < 100_000) {
      for (const caller of callers) {
        makeUp(20)
        expect(take(caller)).toBe(500)
      }
    }
    expect(buckets.size).toBe(1_000)
  })

  it('are discarded at the bound where that forgives least', () => {
    const { buckets, take } = start(4)
    for (const name of ['empty', 'empty', 'empty', 'half', 'half', 'nearly full', 'empty too']) take(name)
    take('empty too')
    take('empty too')
    take('one more')
    expect(buckets.size).toBe(4)
    // A bucket that was discarded would allow three.
    expect([take('empty'), take('half'), take('half'), take('empty too')]).toEqual([500, 0, 500, 500])
  })
})
