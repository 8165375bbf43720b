import { beforeEach, expect, it, vi } from 'vitest'
import { SharedTokenBuckets } from './shared-token-buckets.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
  return () => vi.useRealTimers()
})

it('gives all connections of a client one bucket', () => {
  const buckets = new SharedTokenBuckets(2)
  const bucket = buckets.acquire('ada')
  expect(buckets.acquire('ada')).toBe(bucket)
  expect(buckets.acquire('bob')).not.toBe(bucket)
  expect(buckets.acquire(undefined)).toBeUndefined()
})

it('discards buckets that are unused and full', () => {
  const buckets = new SharedTokenBuckets(2)
  const used = buckets.acquire('used')
  buckets.acquire('empty')?.take(2)
  buckets.release('empty')
  for (let n = 0; n < 1_000; n += 1) {
    buckets.acquire(`left ${n}`)
    buckets.release(`left ${n}`)
  }
  expect(buckets.size).toBeLessThan(10)
  expect(buckets.acquire('used')).toBe(used)
  expect(buckets.acquire('empty')?.take()).toBeGreaterThan(0)
  buckets.release('empty')
  vi.advanceTimersByTime(60_000)
  for (let n = 0; n < 10; n += 1) buckets.acquire('used')
  expect(buckets.size).toBe(1)
})
