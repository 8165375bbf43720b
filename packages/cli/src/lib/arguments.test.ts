import { PassThrough } from 'node:stream'
import { channel, command, defineContract, isoDate } from '@tidings/core'
import {
  type ChannelDocument,
  type CommandDocument,
  describe as describeContract,
} from '@tidings/core/describe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { inputFrom, paramsFrom } from './arguments.js'
import { CliError } from './exit-code.js'
import type { Io } from './io.js'

const document = describeContract(
  defineContract({
    logs: channel({
      params: {
        host: z.string(),
        level: z.enum(['debug', 'info', 'warning']),
        limit: z.number().int().optional(),
        live: z.boolean().default(true),
        since: isoDate.optional(),
        tags: z.array(z.string()).optional(),
        either: z.union([z.number(), z.string()]).optional(),
        range: z.object({ from: z.number() }).optional(),
      },
      events: { line: z.string() },
    }),
    send: command({
      input: z.object({
        text: z.string(),
        count: z.number().nullable().optional(),
        author: z.object({ name: z.string(), age: z.number().optional() }).optional(),
        kind: z.literal([1, 2]).optional(),
      }),
    }),
    count: command({ input: z.number() }),
    stop: command({}),
  }),
)
const logs = document.procedures['logs'] as ChannelDocument
const params = (...words: string[]) => paramsFrom(logs, 'logs', words)

function input(name: string, words: readonly string[], stdin = '') {
  const { input: payload } = document.procedures[name] as CommandDocument
  const stream = new PassThrough()
  stream.end(stdin)
  return inputFrom(payload, `the input of "${name}"`, words, { stdin: stream, cwd: '/' } as unknown as Io)
}

/** Runs what is to be refused, and returns the message and the hint. */
async function refusal(make: () => unknown): Promise<string> {
  try {
    await make()
  } catch (error) {
    if (error instanceof CliError && error.exitCode === 2) {
      // Later versions of Node add the line.
      return [error.message.replace(/ \(line.*/, ''), error.hint].filter(Boolean).join(' | ')
    }
    throw error
  }
  throw new Error('It was not refused')
}

describe('params', () => {
  it.each<[string[], Record<string, unknown>]>([
    [['host=a=b', 'level=info'], { host: 'a=b', level: 'info' }],
    [['host=5', 'limit=5'], { host: '5', limit: 5 }],
    [['live=false'], { live: false }],
    [['since=2026-01-01T00:00:00.000Z'], { since: '2026-01-01T00:00:00.000Z' }],
    [['tags=a', 'tags=b'], { tags: ['a', 'b'] }],
    [['tags=["a"]'], { tags: ['a'] }],
    [['either=5'], { either: 5 }],
    [['either:="5"'], { either: '5' }],
    [['either=five'], { either: 'five' }],
    [['range={"from":1}'], { range: { from: 1 } }],
    [['range:={"from":1}'], { range: { from: 1 } }],
    [['range.from=1'], { range: { from: 1 } }],
    [[], {}],
  ])('of %j', (words, expected) => {
    expect(params(...words)).toEqual(expected)
  })

  it.each<[string[], string]>([
    [
      ['hots=a'],
      '"logs" has no param "hots". Did you mean host? | Its params are: host, level, limit, live, since, tags, either, range',
    ],
    [['lobby'], '"lobby" is not a param: write it as name=value'],
    [['limit=many'], 'limit takes an integer, not "many"'],
    [['limit=1.5'], 'limit takes an integer, not "1.5"'],
    [['level=warn'], 'level cannot be "warn". Did you mean warning? | It is one of: debug, info, warning'],
    [['host=a', 'host=b'], '"host" is given twice: write it once'],
    [['live=yes'], 'live takes a boolean, not "yes"'],
    [
      ['range.to=1'],
      '"logs" has no param "range.to". Did you mean range? | Its params are: host, level, limit, live, since, tags, either, range',
    ],
    [['range:={'], '"range" is not JSON: Expected property name or \'}\' in JSON at position 1'],
  ])('refused: %j', async (words, message) => {
    expect(await refusal(() => params(...words))).toBe(message)
  })
})

describe('an input', () => {
  it.each<[string, string[], unknown]>([
    ['send', ['text=hello world'], { text: 'hello world' }],
    ['send', ['text=', 'count=null'], { text: '', count: null }],
    [
      'send',
      ['text={"a":1}', 'author.name=ada', 'author.age=36'],
      { text: '{"a":1}', author: { name: 'ada', age: 36 } },
    ],
    ['send', ['kind=2'], { kind: 2 }],
    ['send', ['{"text":"a=b"}'], { text: 'a=b' }],
    ['send', [], undefined],
    ['count', ['5'], 5],
    ['count', ['-5'], -5],
    ['stop', [], undefined],
  ])('of %s from %j', async (name, words, expected) => {
    expect(await input(name, words)).toEqual(expected)
  })

  it('from stdin', async () => {
    expect(await input('send', ['-'], '{"text":"hi"}')).toEqual({ text: 'hi' })
  })

  it.each<[string, string[], string]>([
    [
      'send',
      ['text=a', 'texd=b'],
      'The input of "send" has no key "texd". Did you mean text? | Its keys are: text, count, author, kind',
    ],
    [
      'send',
      ['hello', 'world'],
      'The input of "send" is one JSON value, or key=value for each key, not "hello" and "world"',
    ],
    ['send', ['hello'], 'the input of "send" takes an object, not "hello"'],
    [
      'send',
      ['{"text"}'],
      'The input of "send" is not JSON: Expected \':\' after property name in JSON at position 7',
    ],
    ['send', ['@no/such.json'], 'The file no/such.json does not exist'],
    ['count', ['many'], 'the input of "count" takes a number, not "many"'],
    ['stop', ['now'], 'The input of "stop" is nothing: "now" is not needed'],
  ])('refused: of %s from %j', async (name, words, message) => {
    expect(await refusal(() => input(name, words))).toBe(message)
  })

  it('does not reach the prototype of objects', async () => {
    const wire = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"object","properties":{"x":{"type":"string"}}}}}',
    )
    expect(await refusal(() => inputFrom({ wire }, 'it', ['__proto__.x=1'], {} as Io))).toContain(
      'has no key',
    )
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('reads keys of a definition whose name has other characters than letters', async () => {
    const wire = {
      $ref: '#/$defs/Chat%20~1%20message',
      $defs: { 'Chat / message': { type: 'object', properties: { count: { type: 'number' } } } },
    }
    expect(await inputFrom({ wire }, 'it', ['count=1'], {} as Io)).toEqual({ count: 1 })
  })
})
