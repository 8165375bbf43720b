import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { isTidingsError } from '@tidings/core'
import { type ContractDocument, contractFrom } from '@tidings/core/describe'
import { compileContract, parseCursor, topicKey } from '@tidings/core/wire'
import { pause, until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { createClient } from '../src/index.js'
import { EventParser, type StreamEvent } from '../src/lib/connection/event-parser.js'
import { FixtureFetch, type FixtureStep } from './fixture-fetch.js'

// The fixtures of the protocol, which clients in other languages run: docs/protocol/README.md.
const fixture = <Value>(name: string): Value =>
  JSON.parse(readFileSync(new URL(`../../../docs/protocol/${name}`, import.meta.url), 'utf8'))

interface ParsingCase {
  readonly name: string
  readonly stream?: string
  readonly base64?: string
  readonly events: readonly { readonly event: string; readonly data: string; readonly id: string }[]
}

/** What a client is asked to do. */
interface Task {
  readonly subscribe?: string
  readonly params?: unknown
  readonly unsubscribe?: string
  readonly call?: string
  readonly run?: string
  readonly input?: unknown
  readonly attach?: string
  readonly cancel?: string
  readonly id?: string
  /** How much each procedure has yielded before. */
  readonly after?: Readonly<Record<string, number>>
}

/** What a program gets from a procedure: `snapshot`, `event`, `gap`, `output` or `error`. */
type Yielded = object

interface Exchange {
  readonly name: string
  readonly do: Task
  readonly server: readonly FixtureStep[]
  readonly yields: readonly Yielded[]
}

interface SharedExchange {
  readonly name: string
  readonly do: readonly Task[]
  readonly server: readonly FixtureStep[]
  readonly yields: Readonly<Record<string, readonly Yielded[]>>
}

interface Item {
  readonly type: string
  readonly data: unknown
}

/** A run of any stream. */
interface AnyRun extends AsyncIterable<Item> {
  readonly output: Promise<unknown>
  cancel(): Promise<void>
}

/** The procedures of a client of any contract. */
interface AnyClient {
  readonly [path: string]: ((input?: unknown) => unknown) & { attach(id?: string): AnyRun }
}

function parse(...parts: Uint8Array[]): StreamEvent[] {
  const parser = new EventParser()
  const decoder = new TextDecoder()
  return parts.flatMap((part) => parser.parse(decoder.decode(part, { stream: true })))
}

describe('the fixtures of the protocol', () => {
  it.each(fixture<ParsingCase[]>('parsing.json'))('$name', ({ stream = '', base64, events }) => {
    const bytes = base64 === undefined ? Buffer.from(stream) : Buffer.from(base64, 'base64')
    for (let at = 0; at <= bytes.length; at += 1) {
      const parsed = parse(bytes.subarray(0, at), bytes.subarray(at))
      expect(parsed.map(({ name, data }) => ({ event: name, data }))).toEqual(
        events.map(({ event, data }) => ({ event, data })),
      )
      // The parser gives an event its own id only; a topic keeps the last.
      for (const [index, { id }] of parsed.entries()) expect(['', events[index]?.id]).toContain(id)
    }
  })

  it.each(fixture<{ text: string; cursor: unknown }[]>('cursors.json'))('the cursor "$text"', (given) => {
    expect(parseCursor(given.text) ?? null).toEqual(given.cursor)
  })

  const contract = compileContract(contractFrom(fixture<ContractDocument>('contract.json')))
  it.each(fixture<{ channel: string; params: unknown; key: string }[]>('keys.json'))(
    'the key $key',
    (given) => {
      const channel = contract.procedures.get(given.channel)
      if (channel?.kind !== 'channel') throw new Error(`${given.channel} is not a channel`)
      expect(topicKey(given.channel, channel.topics.encode(given.params))).toBe(given.key)
    },
  )

  it.each(exchangesOfCalls())('$name', async ({ do: task, server, yields }) => {
    const path = task.call ?? task.cancel ?? ''
    await play([task], server, { [path]: yields })
  })

  it.each(fixture<SharedExchange[]>('shared-connection.json'))('$name', async (given) => {
    await play(given.do, given.server, given.yields)
  })
})

it('are as many as the README says', () => {
  const count = (...names: string[]) => names.reduce((sum, name) => sum + fixture<unknown[]>(name).length, 0)
  const others = count('parsing.json', 'cursors.json', 'keys.json')
  const shared = count('shared-connection.json')
  const exchanges = count('exchanges.json')
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`[${others + exchanges + shared} fixtures of the protocol]`)
  expect(readme).toContain(`runs the ${others + exchangesOfCalls().length + shared} for shared connections`)
  expect(readme).toContain(`in Python the ${others + exchanges} for single streams`)
})

/** Returns the exchanges without a stream, since this client reads those on a shared connection. */
function exchangesOfCalls(): Exchange[] {
  return fixture<Exchange[]>('exchanges.json').filter(({ do: task }) => task.call ?? task.cancel)
}

/** Has a client do its tasks against the steps of a server, and compares what each procedure yields. */
async function play(
  tasks: readonly Task[],
  server: readonly FixtureStep[],
  yields: SharedExchange['yields'],
): Promise<void> {
  const steps = new FixtureFetch(server)
  const { fetch } = steps
  const contract = contractFrom(fixture<ContractDocument>('contract.json'))
  const options = { url: 'http://localhost/events', fetch, reconnect: { minMs: 1, maxMs: 20 } }
  using client = createClient(contract, { ...options, onError: () => {} })
  const procedures = client as unknown as AnyClient
  const got = Object.fromEntries(Object.keys(yields).map((path) => [path, [] as Yielded[]]))
  const leaving = new Map(Object.keys(yields).map((path) => [path, new AbortController()]))
  for (const task of tasks) {
    for (const [path, count] of Object.entries(task.after ?? {}))
      await until(() => (got[path]?.length ?? 0) >= count, `${path} had yielded ${count}`)
    if (task.unsubscribe) leaving.get(task.unsubscribe)?.abort()
    else void perform(procedures, task, leaving, (path, item) => got[path]?.push(item))
  }
  const isComplete = () => Object.entries(yields).every(([path, { length }]) => got[path]?.length === length)
  await until(
    () => steps.mistakes.length > 0 || (isComplete() && steps.remaining.length === 0),
    'all had come',
  )
  // Nothing more comes.
  await pause(20)
  expect({ got, mistakes: steps.mistakes, remaining: steps.remaining }).toEqual({
    got: yields,
    mistakes: [],
    remaining: [],
  })
}

async function perform(
  client: AnyClient,
  task: Task,
  leaving: ReadonlyMap<string, AbortController>,
  onYielded: (path: string, item: Yielded) => void,
): Promise<void> {
  const path = task.subscribe ?? task.call ?? task.run ?? task.attach ?? task.cancel ?? ''
  const procedure = client[path]
  if (!procedure) throw new Error(`The contract has no ${path}`)
  try {
    if (task.subscribe) {
      const topic = procedure(task.params) as { events(options: object): AsyncIterable<Item> }
      for await (const item of topic.events({ signal: leaving.get(path)?.signal }))
        onYielded(path, plain(item))
    } else if (task.call) {
      onYielded(path, { output: (await procedure(task.input)) ?? null })
    } else if (task.cancel) {
      await procedure.attach(task.id).cancel()
    } else {
      const run = task.run ? (procedure(task.input) as AnyRun) : procedure.attach(task.id)
      for await (const item of run) onYielded(path, plain(item))
      onYielded(path, { output: await run.output })
    }
  } catch (error) {
    if (!isTidingsError(error)) throw error
    onYielded(path, { error: error.code, ...(error.data !== undefined && { data: error.data }) })
  }
}

function plain({ type, data }: Item): Yielded {
  if (type === 'snapshot') return { snapshot: data }
  if (type === 'gap') return { gap: (data as { reason: string }).reason }
  return { event: type, data: data ?? null }
}
