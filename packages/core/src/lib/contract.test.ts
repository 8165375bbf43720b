import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { bigint, isoDate, map } from './codecs.js'
import { compileContract } from './compile.js'
import { defineContract } from './contract.js'
import { errorCodes, isTidingsError } from './error.js'
import { channel, command, stream } from './procedure.js'

const message = z.object({ text: z.string() })

/** What is said of a contract that types may not know to be wrong. */
function complaint(definition: unknown): string {
  try {
    defineContract(definition as { chat: ReturnType<typeof command> })
  } catch (error) {
    if (isTidingsError(error) && error.code === 'invalid_contract') return error.message
    throw error
  }
  throw new Error('the contract was taken')
}

/** A schema as it comes from where types do not reach. */
// biome-ignore lint/suspicious/noExplicitAny: it stands for plain JavaScript.
const untyped = (value: unknown) => value as any

describe('a contract', () => {
  test('is returned as it is', () => {
    const definition = { send: command({ input: message }) }
    expect(defineContract(definition)).toBe(definition)
  })

  test('accepts channels, commands and streams with all their keys', () => {
    const Message = z.object({
      id: z.string(),
      author: z.string().min(1).max(40),
      text: z.string().min(1).max(2_000),
      sentAt: isoDate,
    })
    const contract = defineContract({
      room: channel({
        params: { roomId: z.string().min(1).max(64) },
        snapshot: z.object({ messages: z.array(Message) }),
        events: { message: Message, typing: z.object({ author: z.string() }) },
      }),
      send: command({
        input: z.object({ roomId: z.string(), author: z.string(), text: z.string() }),
        output: Message,
        errors: { muted: z.object({ until: isoDate }) },
      }),
      complete: stream({
        input: z.object({ prompt: z.string() }),
        events: { token: z.string() },
        output: z.object({ tokens: z.number().int() }),
      }),
    })
    const { procedures } = compileContract(contract)
    expect([...procedures].map(([path, { kind }]) => [path, kind])).toEqual([
      ['room', 'channel'],
      ['send', 'command'],
      ['complete', 'stream'],
    ])
  })

  test('accepts schemas of zod and zod/mini side by side', () => {
    const contract = {
      a: channel({
        events: { x: z.object({ at: mini.optional(isoDate) }), y: mini.object({ a: z.string() }) },
      }),
    }
    expect(() => defineContract(contract)).not.toThrow()
  })

  test('accepts nested groups, and gives each procedure a path', () => {
    const ping = command({})
    const contract = defineContract({ ping, a: { ping, b: { ping, c: { ping, 'd-1_x': ping } } } })
    const { procedures, members } = compileContract(contract)
    expect([...procedures.keys()]).toEqual(['ping', 'a/ping', 'a/b/ping', 'a/b/c/ping', 'a/b/c/d-1_x'])
    expect(procedures.get('a/b/c/ping')?.path).toBe('a/b/c/ping')
    expect([...members.keys()]).toEqual(['ping', 'a'])
  })

  test('accepts a group with a procedure named kind', () => {
    const { procedures } = compileContract(defineContract({ box: { kind: command({}) } }))
    expect([...procedures.keys()]).toEqual(['box/kind'])
  })

  test('is compiled once', () => {
    const contract = defineContract({ send: command({}) })
    expect(compileContract(contract)).toBe(compileContract(contract))
  })

  test('is refused each time it is compiled', () => {
    const definition = { open: { $x: command({}) } }
    expect(complaint(definition)).toBe(complaint(definition))
  })

  test('knows which procedures take params or input', () => {
    const { procedures } = compileContract({
      all: channel({ events: {} }),
      one: channel({ params: { id: z.string() }, events: {} }),
      ping: command({}),
      send: command({ input: message }),
    })
    expect(procedures.get('all')).toMatchObject({ takesParams: false, snapshot: undefined })
    expect(procedures.get('one')).toMatchObject({ takesParams: true })
    expect(procedures.get('ping')).toMatchObject({ takesInput: false })
    expect(procedures.get('send')).toMatchObject({ takesInput: true })
  })
})

describe('a schema that JSON cannot carry is refused with its path and a remedy', () => {
  const wrong = untyped(z.object({ sentAt: z.date() }))
  const remedy = "sentAt is z.date(), which JSON cannot represent. Use isoDate from '@tidings/core'"

  test.each<[place: string, procedure: unknown]>([
    ['events.message', channel({ events: { message: wrong } })],
    ['snapshot', channel({ snapshot: wrong, events: {} })],
    ['params.filter', channel({ params: { filter: wrong }, events: {} })],
    ['input', command({ input: wrong })],
    ['output', command({ output: wrong })],
    ['errors.muted', command({ errors: { muted: wrong } })],
    ['input', stream({ input: wrong, events: {} })],
    ['events.token', stream({ events: { token: wrong } })],
    ['output', stream({ events: {}, output: wrong })],
    ['errors.muted', stream({ events: {}, errors: { muted: wrong } })],
  ])('in %s', (place, procedure) => {
    expect(complaint({ room: procedure })).toBe(`contract.room.${place}.${remedy}`)
    expect(complaint({ chat: { rooms: { room: procedure } } })).toBe(
      `contract.chat.rooms.room.${place}.${remedy}`,
    )
  })

  test('deep inside a codec', () => {
    const events = { scores: untyped(z.object({ byDay: map(isoDate, z.array(z.bigint())) })) }
    expect(complaint({ room: channel({ events }) })).toBe(
      "contract.room.events.scores.byDay[][1][] is z.bigint(), which JSON cannot represent. Use bigint from '@tidings/core'",
    )
    expect(() => defineContract({ room: channel({ events: { byDay: map(isoDate, bigint) } }) })).not.toThrow()
  })

  test('but an optional param is accepted, unlike an optional event', () => {
    const text = z.string().optional()
    expect(() => defineContract({ room: channel({ params: { a: text }, events: {} }) })).not.toThrow()
    expect(complaint({ room: channel({ events: { a: untyped(text) } }) })).toMatch(
      /^contract\.room\.events\.a may be undefined .*Use z\.nullable\(\)$/,
    )
    const maybe = z.union([z.string(), z.undefined()])
    expect(complaint({ room: channel({ params: { a: untyped(maybe) }, events: {} }) })).toMatch(
      /^contract\.room\.params\.a is undefined/,
    )
  })
})

describe('an event or error without data', () => {
  const contract = defineContract({
    room: channel({ events: { done: undefined, message } }),
    send: command({ errors: { expired: undefined } }),
    complete: stream({ events: { done: undefined }, errors: { expired: undefined } }),
  })
  const { procedures } = compileContract(contract)
  const carried = ['room', 'complete'].map((path) => {
    const procedure = procedures.get(path)
    return procedure && procedure.kind !== 'command' ? procedure.events.get('done') : undefined
  })
  const errors = ['send', 'complete'].map((path) => {
    const procedure = procedures.get(path)
    return procedure && procedure.kind !== 'channel' ? procedure.errors.get('expired') : undefined
  })

  test.each([...carried, ...errors])('carries nothing', (payload) => {
    expect(payload?.encode(undefined, 'done of room')).toBeUndefined()
    expect(payload?.decode(null, 'done of room')).toBeUndefined()
    expect(payload?.decode({ more: 'from a newer server' }, 'done of room')).toBeUndefined()
  })

  test.each([null, 0, {}, 'text'])('refuses %j', (data) => {
    expect(() => carried[0]?.encode(data, 'room.done')).toThrow(
      expect.objectContaining({
        code: 'invalid_output',
        message: 'room.done takes no data. Declare its schema in the contract',
      }),
    )
  })
})

describe('an unknown key of a procedure is refused by name', () => {
  test.each([
    ['channel', channel(untyped({ event: {}, events: {} })), 'event', 'params, snapshot, events, meta'],
    ['command', command(untyped({ inputs: message })), 'inputs', 'input, output, errors, meta'],
    ['command', command(untyped({ events: {} })), 'events', 'input, output, errors, meta'],
    [
      'stream',
      stream(untyped({ events: {}, snapshot: message })),
      'snapshot',
      'input, events, output, errors, meta',
    ],
  ])('of a %s', (kind, procedure, key, known) => {
    expect(complaint({ room: procedure })).toBe(
      `contract.room.${key}: ${kind}() does not take "${key}". Expected one of ${known}`,
    )
  })
})

describe('the text about a procedure', () => {
  test('is kept with the procedure, and out of what the contract compiles to', () => {
    const meta = { title: 'Send', description: 'Sends a *message*.', deprecated: 'Use post' }
    const send = command({ input: message, meta })
    expect(send.meta).toEqual(meta)
    const { procedures } = compileContract(defineContract({ send }))
    expect(procedures.get('send')).not.toHaveProperty('meta')
  })

  test.each([
    ['a text', 'Sends', 'contract.send.meta is not an object. Give any of title, description, deprecated'],
    [
      'an unknown key',
      { summary: 'Sends' },
      'contract.send.meta has unknown key "summary". Expected any of title, description, deprecated',
    ],
    ['a title of no text', { title: 5 }, 'contract.send.meta.title is a value of type number. Give a string'],
    [
      'a deprecation of null',
      { deprecated: null },
      'contract.send.meta.deprecated is null. Give a boolean or a string',
    ],
  ])('is refused if it is %s', (_what, meta, message) => {
    expect(complaint({ send: command({ meta: untyped(meta) }) })).toBe(message)
  })
})

test('a command without an argument has neither input nor output', () => {
  expect(command()).toEqual(command({}))
  expect(compileContract(defineContract({ ping: command() })).procedures.get('ping')).toMatchObject({
    kind: 'command',
    takesInput: false,
  })
})

test.each([
  ['channel', untyped(channel)],
  ['stream', untyped(stream)],
])('a %s without an argument or events is refused with advice to declare events', (_kind, declare) => {
  for (const procedure of [declare(), declare(null), declare({})]) {
    expect(complaint({ room: procedure })).toBe(
      'contract.room.events is missing. Give a record of schemas: { name: schema }',
    )
  }
})

describe('a name', () => {
  const room = channel({ events: {} })
  type Place = [place: string, define: (name: string) => unknown]
  const procedure: Place = ['contract.', (name) => ({ [name]: room })]
  const group: Place = ['contract.', (name) => ({ [name]: { room } })]
  const inner: Place = ['contract.chat.', (name) => ({ chat: { [name]: room } })]
  const param: Place = [
    'contract.room.params.',
    (name) => ({ room: channel({ params: untyped({ [name]: z.string() }), events: {} }) }),
  ]
  const event: Place = [
    'contract.room.events.',
    (name) => ({ room: channel({ events: untyped({ [name]: message }) }) }),
  ]
  const token: Place = [
    'contract.complete.events.',
    (name) => ({ complete: stream({ events: untyped({ [name]: message }) }) }),
  ]
  const error: Place = [
    'contract.send.errors.',
    (name) => ({ send: command({ errors: untyped({ [name]: message }) }) }),
  ]
  const streamError: Place = [
    'contract.complete.errors.',
    (name) => ({ complete: stream({ events: {}, errors: untyped({ [name]: message }) }) }),
  ]
  const places = { procedure, group, 'member of a group': inner, param, event, token, error, streamError }

  describe.each(Object.entries(places))('of a %s', (_what, [place, define]) => {
    test.each(['$x', '$', '$open'])('may not be %j, which is of Tidings’ own kind', (name) => {
      const text = complaint(define(name))
      expect(text).toBe(
        `${place}${name}: "${name}" begins with $, which is reserved for Tidings. Choose another name`,
      )
    })

    test.each([
      '',
      ' ',
      'a b',
      'a/b',
      'a.b',
      '1',
      '1a',
      '-a',
      '_a',
      '__proto__',
      'a\n',
      'a\nid: 1',
      'a\0',
      'a:b',
      'ä',
      'a?b',
      'a%20b',
      'a'.repeat(129),
    ])('may not be %j', (name) => {
      expect(complaint(define(name))).toMatch(/is not a valid name\. Use a letter/)
      expect(complaint(define(name)).startsWith(`${place}${name}: `)).toBe(true)
    })

    test.each(['a', 'A', 'toString', 'constructor', 'hasOwnProperty', 'a-b_C9', 'a'.repeat(128)])(
      'may be %s',
      (name) => {
        expect(() => defineContract(untyped(define(name)))).not.toThrow()
      },
    )
  })

  const reserved: [what: string, place: Place, names: readonly string[]][] = [
    ['a procedure', procedure, ['connection', 'reconnect', 'close', 'then']],
    ['a group', group, ['connection', 'reconnect', 'close', 'then']],
    ['a member of a group', inner, ['connection', 'reconnect', 'close', 'then']],
    ['a param', param, ['lastEventId']],
    ['an event of a channel', event, ['open', 'error', 'snapshot', 'gap', 'then']],
    ['an event of a stream', token, ['open', 'error', 'snapshot', 'gap', 'then']],
    ['an error of a command', error, errorCodes],
    ['an error of a stream', streamError, errorCodes],
  ]
  test.each(reserved.flatMap(([what, place, names]) => names.map((name) => [what, name, place] as const)))(
    'of %s may not be %s, which is reserved',
    (_what, name, [place, define]) => {
      expect(complaint(define(name))).toMatch(
        new RegExp(`^${place.replaceAll('.', '\\.')}${name}: "${name}" is reserved .*Choose another name$`),
      )
    },
  )

  test('reserved for one kind of name is free for the others', () => {
    expect(() =>
      defineContract({
        open: channel({
          params: { close: z.string() },
          events: { connection: message, lastEventId: message },
        }),
        error: command({ errors: { gap: message, snapshot: message } }),
        gap: { not_found: command({}) },
      }),
    ).not.toThrow()
  })
})

describe('a member that is neither a procedure nor a group is refused by its path', () => {
  test.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'room'],
    ['a number', 5],
    ['an array', [command({})]],
    ['a function', () => command({})],
    ['a schema of zod', z.object({ a: z.string() })],
    ['a schema of zod/mini', mini.string()],
  ])('%s', (_what, value) => {
    const remedy = 'is neither a procedure nor a group. Declare it with channel(), command() or stream()'
    expect(complaint(value)).toBe(`the contract ${remedy}`)
    expect(complaint({ chat: { room: value } })).toBe(`contract.chat.room ${remedy}`)
  })

  test('an object with an unknown kind', () => {
    expect(complaint({ room: { kind: 'subscription' } })).toMatch(
      /^contract\.room\.kind is neither a procedure/,
    )
  })
})

describe('a value that is not a schema is refused by its path', () => {
  const zod3 = { _def: { typeName: 'ZodString' }, parse: () => '', '~standard': { vendor: 'zod' } }

  test.each([
    ['a schema of zod 3', zod3],
    ['null', null],
    ['a string', 'string'],
    ['a class', String],
  ])('%s', (_what, value) => {
    const schema = untyped(value)
    const remedy = 'is not a zod 4 schema. Use zod or zod/mini, version 4.1 or later'
    expect(complaint({ room: channel({ events: { message: schema } }) })).toBe(
      `contract.room.events.message ${remedy}`,
    )
    expect(complaint({ room: channel({ params: { id: schema }, events: {} }) })).toBe(
      `contract.room.params.id ${remedy}`,
    )
    expect(complaint({ room: channel({ snapshot: schema, events: {} }) })).toBe(
      `contract.room.snapshot ${remedy}`,
    )
    expect(complaint({ send: command({ input: schema }) })).toBe(`contract.send.input ${remedy}`)
    expect(complaint({ send: command({ output: schema }) })).toBe(`contract.send.output ${remedy}`)
  })

  test('undefined under the name of a param', () => {
    expect(complaint({ room: channel({ params: { id: untyped(undefined) }, events: {} }) })).toMatch(
      /^contract\.room\.params\.id is not a zod 4 schema/,
    )
  })

  test.each([
    ['null', null],
    ['one schema', message],
  ])('%s in place of a record of schemas', (_what, value) => {
    expect(complaint({ room: channel({ events: untyped(value) }) })).toBe(
      'contract.room.events is not a record of schemas. Give { name: schema }',
    )
  })

  test('one schema in place of a record of params', () => {
    expect(complaint({ room: channel({ params: untyped(message), events: {} }) })).toBe(
      'contract.room.params is not a record of schemas. Give { name: schema }',
    )
  })
})
