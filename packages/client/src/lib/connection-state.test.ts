import { TidingsError } from '@tidings/core'
import { describe, expect, it } from 'vitest'
import { type ConnectionEvent, type ConnectionState, overall, transition } from './connection-state.js'

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
const close: ConnectionEvent = { type: 'closed' }

const next: ConnectionState = { status: 'connecting', attempt: 3 }
const later: ConnectionState = { status: 'waiting', attempt: 3, problem, retryAt: 7 }

describe('transition', () => {
  it.each<[ConnectionState, ConnectionEvent, ConnectionState]>([
    [idle, connect, next],
    [idle, opened, idle],
    [idle, lost, idle],
    [idle, close, closed],
    [connecting, opened, open],
    [connecting, lost, later],
    [connecting, refuse, refused],
    [connecting, close, closed],
    [open, opened, open],
    [open, lost, later],
    [open, refuse, refused],
    [open, close, closed],
    [waiting, connect, next],
    [waiting, opened, waiting],
    [waiting, lost, waiting],
    [waiting, close, closed],
    [closed, connect, closed],
    [closed, refuse, closed],
    [refused, close, refused],
  ])('from %o by %o to %o', (state, event, expected) => {
    expect(transition(state, event)).toEqual(expected)
  })
})

describe('overall', () => {
  it.each<[ConnectionState[], ConnectionState]>([
    [[], idle],
    [[open, open], open],
    [[open, connecting], connecting],
    [[connecting, waiting, open], waiting],
    [[idle, open], open],
  ])('of %o is %o', (states, expected) => {
    expect(overall(states)).toEqual(expected)
  })
})
