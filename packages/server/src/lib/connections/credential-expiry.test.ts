import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { CredentialExpiry } from './credential-expiry.js'

beforeEach(() => {
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
})

const day = 86_400_000

function start(ms: number) {
  const told: string[] = []
  const validity = new CredentialExpiry(Date.now() + ms, {
    onExpiring: (inMs) => {
      told.push(`ending in ${inMs}`)
      validity.endWithin(inMs)
    },
    onExpired: () => told.push('over'),
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

it('is renewed by proof that was made after the newest demand, once that is finished, and by nothing else', () => {
  const { validity, told } = start(day)
  expect(validity.beginRenewal(Date.now() + 2 * day, validity.challenges)).toBeUndefined()
  const before = validity.challenges
  validity.endWithin(1_000)
  expect(validity.beginRenewal(Date.now() + day, before)).toBeUndefined()
  const first = validity.beginRenewal(Date.now() + day, validity.challenges)
  expect(first).toBeDefined()
  expect(validity.beginRenewal(Date.now() + 2 * day, validity.challenges)).toBeUndefined()
  validity.endWithin(1_000)
  if (first) validity.finishRenewal(first)
  const second = validity.beginRenewal(Date.now() + day, validity.challenges)
  vi.advanceTimersByTime(999)
  expect(told).toEqual([])
  if (second) validity.finishRenewal(second)
  vi.advanceTimersByTime(2_000)
  expect(told).toEqual([])
})

it('ends with the soonest of what it was shortened to, also while it is renewed', () => {
  const { validity, told } = start(day)
  validity.shorten(Date.now() + 2 * day)
  validity.endWithin(30_000)
  const renewal = validity.beginRenewal(Date.now() + day, validity.challenges)
  validity.shorten(Date.now() + 60_000)
  if (renewal) validity.finishRenewal(renewal)
  vi.advanceTimersByTime(29_000)
  expect(told).toEqual([])
  vi.advanceTimersByTime(1_000)
  expect(told).toEqual(['ending in 30000'])
  vi.advanceTimersByTime(30_000)
  expect(told).toEqual(['ending in 30000', 'over'])
})

it('ends when its time has come although it is being renewed', () => {
  const { validity, told } = start(day)
  validity.endWithin(1_000)
  validity.beginRenewal(Date.now() + day, validity.challenges)
  vi.advanceTimersByTime(1_000)
  expect(told).toEqual(['over'])
})
