import { TidingsError } from '@tidings/core'
import { describe, expect, it } from 'vitest'
import { type ConnectionEvent, type ConnectionState, shownState, transition } from './connection-state.js'

const problem = new TidingsError({ code: 'network', message: 'cut' })
const idle: ConnectionState = { status: 'idle' }
const connecting: ConnectionState = { status: 'connecting', attempt: 2 }
const open: ConnectionState = { status: 'open' }
const waiting: ConnectionState = { status: 'waiting', attempt: 2, problem, retryAt: 9 }
const closed: ConnectionState = { status: 'closed' }
const refused: ConnectionState = { status: 'closed', problem }

const connect: ConnectionEvent = { type: 'connect', attempt: 3 }
const opened: ConnectionEvent = { type: 'opened' }
const lost: ConnectionEvent = { type: 'lost', attempt: 3, problem, retryAt: 7 }
const refuse: ConnectionEvent = { type: 'refused', problem }
const rest: ConnectionEvent = { type: 'idle' }
const close: ConnectionEvent = { type: 'closed' }

const next: ConnectionState = { status: 'connecting', attempt: 3 }
const later: ConnectionState = { status: 'waiting', attempt: 3, problem, retryAt: 7 }

describe('transition', () => {
  it.each<[ConnectionState, ConnectionEvent, ConnectionState]>([
    [idle, connect, next],
    [idle, opened, idle],
    [idle, lost, idle],
    [idle, rest, idle],
    [idle, refuse, idle],
    [idle, close, closed],
    [connecting, opened, open],
    [connecting, lost, later],
    [connecting, refuse, refused],
    [connecting, connect, next],
    [connecting, rest, idle],
    [connecting, close, closed],
    [open, opened, open],
    [open, lost, later],
    [open, refuse, refused],
    [open, connect, open],
    [open, rest, idle],
    [open, close, closed],
    [waiting, connect, next],
    [waiting, opened, waiting],
    [waiting, lost, waiting],
    [waiting, refuse, waiting],
    [waiting, rest, idle],
    [waiting, close, closed],
    [closed, connect, closed],
    [closed, opened, closed],
    [closed, lost, closed],
    [closed, refuse, closed],
    [closed, rest, closed],
    [closed, close, closed],
    [refused, connect, next],
    [refused, opened, refused],
    [refused, refuse, refused],
    [refused, lost, refused],
    [refused, rest, refused],
    [refused, close, closed],
  ])('from %o by %o to %o', (state, event, expected) => {
    expect(transition(state, event)).toEqual(expected)
  })
})

describe('shownState', () => {
  it('is that of the connection, but open only while all topics are live', () => {
    for (const state of [idle, connecting, open, waiting, closed, refused]) {
      expect(shownState(state, true)).toBe(state)
      if (state !== open) expect(shownState(state, false)).toBe(state)
    }
    expect(shownState(open, false)).toEqual({ status: 'connecting', attempt: 1 })
    expect(shownState(open, false)).toBe(shownState(open, false))
  })
})
