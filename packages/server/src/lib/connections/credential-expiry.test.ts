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
  const calls: string[] = []
  const expiry = new CredentialExpiry(Date.now() + ms, {
    onExpiring: (inMs) => {
      calls.push(`expiring in ${inMs}`)
      expiry.endWithin(inMs)
    },
    onExpired: () => calls.push('expired'),
  })
  return { expiry, calls }
}

it('calls onExpiring 30 s before the expiry, and onExpired at it', () => {
  const { calls } = start(3_600_000)
  vi.advanceTimersByTime(3_570_000)
  expect(calls).toEqual(['expiring in 30000'])
  vi.advanceTimersByTime(30_000)
  expect(calls).toEqual(['expiring in 30000', 'expired'])
})

it('expires at a time that is beyond the reach of a timer', () => {
  const { calls } = start(60 * day)
  vi.advanceTimersByTime(59 * day)
  expect(calls).toEqual([])
  vi.advanceTimersByTime(day)
  expect(calls).toEqual(['expiring in 30000', 'expired'])
})

it('is renewed only by credentials that are newer than the latest challenge, once that renewal is finished', () => {
  const { expiry, calls } = start(day)
  expect(expiry.beginRenewal(Date.now() + 2 * day, expiry.challenges)).toBeUndefined()
  const before = expiry.challenges
  expiry.endWithin(1_000)
  expect(expiry.beginRenewal(Date.now() + day, before)).toBeUndefined()
  const first = expiry.beginRenewal(Date.now() + day, expiry.challenges)
  expect(first).toBeDefined()
  expect(expiry.beginRenewal(Date.now() + 2 * day, expiry.challenges)).toBeUndefined()
  expiry.endWithin(1_000)
  if (first) expiry.finishRenewal(first)
  const second = expiry.beginRenewal(Date.now() + day, expiry.challenges)
  vi.advanceTimersByTime(999)
  expect(calls).toEqual([])
  if (second) expiry.finishRenewal(second)
  vi.advanceTimersByTime(2_000)
  expect(calls).toEqual([])
})

it('expires at the earliest time that it was shortened to, also while it is renewed', () => {
  const { expiry, calls } = start(day)
  expiry.shorten(Date.now() + 2 * day)
  expiry.endWithin(30_000)
  const renewal = expiry.beginRenewal(Date.now() + day, expiry.challenges)
  expiry.shorten(Date.now() + 60_000)
  if (renewal) expiry.finishRenewal(renewal)
  vi.advanceTimersByTime(29_000)
  expect(calls).toEqual([])
  vi.advanceTimersByTime(1_000)
  expect(calls).toEqual(['expiring in 30000'])
  vi.advanceTimersByTime(30_000)
  expect(calls).toEqual(['expiring in 30000', 'expired'])
})

it('expires while a renewal is not finished', () => {
  const { expiry, calls } = start(day)
  expiry.endWithin(1_000)
  expiry.beginRenewal(Date.now() + day, expiry.challenges)
  vi.advanceTimersByTime(1_000)
  expect(calls).toEqual(['expired'])
})
