import { type ClientOptions, createClient } from '@tidings/client'
import { runsLoaded, TestErrors } from '@tidings/client/testing'
import type { ContractDefinition } from '@tidings/core'
import { compileContract } from '@tidings/core/wire'
import { fetchHandler } from '../../fetch.js'
import { contractHash } from '../endpoints/contract-hash.js'
import type { ContextOf, ContractOf } from '../middleware/app.js'
import { contentOfApp } from '../middleware/implement.js'
import type { DefaultContext, HandlersFor, OptionsFor, Subject } from '../middleware/subject.js'
import type { ServerOptions } from '../options.js'
import { serverOf } from '../server.js'
import type { CloseOptions } from '../tidings.js'
import { invalidOptions } from '../validate-options.js'
import { Emitted } from './emitted.js'
import { Network } from './network.js'
import { settle } from './settle.js'
import { serverClock, UnmovableClock } from './test-clock.js'
import type { TestClientOptions, TestServer, TestServerOptions } from './test-server.js'

/** No request leaves the process: the host is in a domain that never exists. RFC 6761 section 6.2. */
const url = 'http://tidings.test/events'

/** More seconds than closing gives to calls, to runs and to what is stored of them. */
const mostSeconds = 10

/**
 * Creates a server for a test, as `createServer` does, with clients, a network, and a clock that the test holds.
 *
 * @throws TidingsError `invalid_options`, as `createServer` does
 */
export function createTestServer<const Served extends Subject, Given = unknown>(
  served: Served,
  handlers: HandlersFor<Served, undefined, Given>,
): TestServer<ContractOf<Served>, ContextOf<Served, undefined>>
export function createTestServer<
  const Served extends Subject,
  Context = DefaultContext<Served>,
  Given = unknown,
>(
  served: Served,
  options: TestServerOptions<Context> & OptionsFor<Served>,
  handlers: HandlersFor<Served, Context, Given>,
): TestServer<ContractOf<Served>, ContextOf<Served, Context>>
export function createTestServer(
  served: Subject,
  ...rest: [handlers: unknown] | [options: TestServerOptions<unknown>, handlers: unknown]
): TestServer<ContractDefinition, unknown> {
  const [{ clock: timers, ...given }, handlers] = rest.length === 2 ? rest : [{}, rest[0]]
  if (timers !== undefined && typeof timers?.tick !== 'function') {
    throw invalidOptions('clock has no tick(). Give t.mock.timers of node:test', 'createTestServer')
  }
  const contract = contentOfApp(served)?.contract ?? (served as ContractDefinition)
  const errors = new TestErrors('server')
  const options: ServerOptions<unknown> = {
    onError: (error, { place }) => errors.report(error, place),
    ...given,
  }
  const compiled = compileContract(contract)
  const hasStreams = [...compiled.procedures.values()].some(({ kind }) => kind === 'stream')
  const emitted = new Emitted(compiled, errors)
  // Before the server, whose timers have to be the clock's.
  const clock = serverClock(timers)
  let tidings: ReturnType<typeof serverOf>
  try {
    tidings = serverOf(served, options, handlers, (key, event, body) => emitted.add(key, event, body))
  } catch (error) {
    clock.release()
    throw error
  }
  const handle = fetchHandler<string | undefined>(tidings, { address: (_request, address) => address })
  const network = new Network()
  const clients = new Set<{ close(): void }>()
  let closed: Promise<void> | undefined

  function client({ address, ...own }: TestClientOptions = {}) {
    const link = network.link((request) => handle(request, address))
    const clientOptions: ClientOptions = {
      onError: (error, { channel, topic }) =>
        errors.report(error, [channel, topic].filter(Boolean).join('?') || 'a client'),
      ...own,
      url,
      fetch: link.fetch,
    }
    const created = createClient(contract, clientOptions)
    network.connect(created, link)
    clients.add(created)
    return created
  }

  /** The first connection and the first run wait for code, and not for the clock. */
  async function codeLoaded(): Promise<void> {
    await contractHash(contract)
    if (hasStreams) await runsLoaded()
  }

  /** Moves the clock through the time that aborted calls have to return: fake timers would never end it. */
  async function moveUntil(closing: Promise<void>): Promise<void> {
    let isClosed = false
    const closed = () => {
      isClosed = true
    }
    closing.then(closed, closed)
    try {
      for (let second = 0; second < mostSeconds; second += 1) {
        await settle()
        if (isClosed) return
        await clock.advance(1_000)
      }
    } catch (error) {
      // If the timers are real again, closing goes on in real time.
      if (!(error instanceof UnmovableClock)) errors.report(error, 'a timer')
    }
  }

  async function shutDown(options: CloseOptions): Promise<void> {
    // Handlers receive what is on its way, and may fail.
    await codeLoaded()
    await settle()
    for (const each of clients) each.close()
    try {
      const closing = tidings.close(options)
      if (options.drainMs === 0) await moveUntil(closing)
      await closing
    } finally {
      clock.release()
    }
    errors.verify()
  }

  function close(options: CloseOptions = { drainMs: 0 }): Promise<void> {
    closed ??= shutDown(options)
    return closed
  }

  const { now } = clock
  const advance = async (ms: number) => {
    await codeLoaded()
    await clock.advance(ms)
  }
  return Object.create(
    tidings,
    Object.getOwnPropertyDescriptors({
      client,
      network,
      clock: { now, advance },
      next: (topic: { readonly key: string }, event: string): Promise<never> =>
        emitted.next(topic.key, event) as Promise<never>,
      all: (topic: { readonly key: string }) => emitted.all(topic.key) as never[],
      expectError: (match) => errors.expect(match),
      close,
      [Symbol.asyncDispose]: () => close(),
    } satisfies Partial<TestServer<ContractDefinition, unknown>>),
  )
}
