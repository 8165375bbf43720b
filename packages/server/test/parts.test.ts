import { describe, expect, it } from 'vitest'
import { createServer, implement } from '../src/index.js'
import { contract } from './composed/contract.js'
import { contract as otherContract } from './contract.js'

const app = implement(contract)
const rooms = app.handlers(contract.rooms, {
  room: { snapshot: () => ({ messages: [] }) },
  send: () => ({ by: '', sentAt: new Date() }),
  admin: { clear: () => '' },
})
const billing = app.handlers(contract.billing, {
  export: async () => ({ by: '' }),
  summarise: async () => 1,
})
const ping = app.handlers(contract.ping, () => '')
const all = { rooms, billing, ping }

/** Calls as a program without types does. */
const untyped = (...given: unknown[]) => (createServer as (...given: unknown[]) => unknown)(...given)

describe('createServer refuses', () => {
  const stranger = implement(contract).handlers(contract.ping, () => '')
  const { ping: _ping, ...withoutPing } = all
  const unsound = app.handlers(contract.rooms.admin, { clear: () => '', wipe: () => '' } as never)
  it.each<[string, unknown[], string]>([
    [
      'a missing part',
      [app, {}, withoutPing],
      'parts.ping is missing. Make it with app.handlers(contract.ping, …)',
    ],
    [
      'a missing part in a group',
      [app, {}, { ...all, rooms: {} }],
      'parts.rooms.room is missing. Make it with app.handlers(contract.rooms.room, …)',
    ],
    [
      'a part for nothing in the contract',
      [app, {}, { ...all, chat: rooms }],
      'parts.chat is not in the contract. Expected one of rooms, billing, status, ping',
    ],
    [
      'the part of another group',
      [app, {}, { ...all, rooms: billing }],
      'parts.rooms has the handlers of another member of the contract. Make it with app.handlers(contract.rooms, …)',
    ],
    [
      'the part of an app of another implement()',
      [app, {}, { ...all, ping: stranger }],
      'parts.ping was made by an app of another implement()',
    ],
    [
      'a function in place of a part',
      [app, {}, { ...all, ping: () => '' }],
      'parts.ping is a value of type function. Make a part with app.handlers(contract.ping, …)',
    ],
    [
      'no parts',
      [app, {}, undefined],
      'parts is missing. Make a part with app.handlers(contract, …), or give',
    ],
    [
      'handlers that are not in the contract',
      [app, {}, { ...all, rooms: { ...roomsApart(), admin: unsound } }],
      'handlers.rooms.admin.wipe does not match a procedure or group of the contract. Expected one of clear',
    ],
    [
      'the context of an app',
      [app, { context: () => ({}) }, all],
      'options has "context". Give it to implement(), where it types middleware and handlers',
    ],
    [
      'a middleware that starts as something else',
      [
        app.use({ start: () => 5 as never }),
        {},
        app.use({ start: () => 5 as never }).handlers(contract, wholeHandlers()),
      ],
      'start() of a middleware returned a value of type number. Return a middleware function',
    ],
  ])('%s', (_what, given, message) => {
    expect(() => untyped(...given)).toThrow(message)
  })
})

describe('an app refuses', () => {
  it('a member of another contract', () => {
    const handlers = app.handlers as (member: unknown, handlers: unknown) => unknown
    expect(() => handlers.call(app, otherContract.admin, {})).toThrow(
      'handlers: the first argument is not a member of the contract',
    )
  })

  it('a middleware that is not a function', () => {
    expect(() => app.use({} as never)).toThrow('use: the middleware is a value of type object')
  })

  it('options of the server', () => {
    expect(() => implement(contract, { heartbeatMs: 5 } as never)).toThrow(
      'implement: options has unknown key "heartbeatMs". Expected one of context, principal',
    )
  })
})

function roomsApart() {
  return {
    room: app.handlers(contract.rooms.room, { snapshot: () => ({ messages: [] }) }),
    send: app.handlers(contract.rooms.send, () => ({ by: '', sentAt: new Date() })),
  }
}

function wholeHandlers() {
  return {
    rooms: {
      room: { snapshot: () => ({ messages: [] }) },
      send: () => ({ by: '', sentAt: new Date() }),
      admin: { clear: () => '' },
    },
    billing: { export: async () => ({ by: '' }), summarise: async () => 1 },
    ping: () => '',
  }
}
