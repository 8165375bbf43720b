import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { Validity } from './validity.js'

beforeEach(() => {
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
})

const day = 86_400_000

function start(ms: number) {
  const told: string[] = []
  const validity = new Validity(Date.now() + ms, {
    ending: (inMs) => {
      told.push(`ending in ${inMs}`)
      validity.endWithin(inMs)
    },
    over: () => told.push('over'),
  })
  return { validity, told }
}

it('tells of its end 30 s before, and when it has come', () => {
  const { told } = start(3_600_000)
  vi.advanceTimersByTime(3_570_000)
  expect(told).toEqual(['ending in 30000'])
  vi.advanceTimersByTime(30_000)
  expect(told).toEqual(['ending in 30000', 'over'])
})

it('keeps an end that is further off than a timer reaches', () => {
  const { told } = start(60 * day)
  vi.advanceTimersByTime(59 * day)
  expect(told).toEqual([])
  vi.advanceTimersByTime(day)
  expect(told).toEqual(['ending in 30000', 'over'])
})

it('is renewed by what was made after the last demand, and by nothing older', () => {
  const { validity, told } = start(day)
  const before = validity.demands
  validity.endWithin(1_000)
  expect(validity.renew(Date.now() + day, before)).toBe(false)
  expect(validity.renew(Date.now() + day, validity.demands)).toBe(true)
  vi.advanceTimersByTime(2_000)
  expect(told).toEqual([])
})
