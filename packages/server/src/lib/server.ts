import { type ContractDefinition, TidingsError } from '@tidings/core'
import { compileContract, topicKey } from '@tidings/core/wire'
import { type BoundProcedure, bindHandlers } from './binding.js'
import { createEmit } from './emitter.js'
import { publicError } from './errors.js'
import { Heartbeat } from './heartbeat.js'
import type { Answer, TidingsRequest } from './http.js'
import { Hub } from './hub.js'
import { resolveOptions, type ServerOptions } from './options.js'
import { problemAnswer, route } from './router.js'
import { Runs } from './runs.js'
import type { Site } from './site.js'
import type { Emit } from './types/emit.js'
import type { Handlers } from './types/handlers.js'

/** What a server is doing at the moment. */
export interface Stats {
  /** Open event streams of topics. */
  readonly connections: number
  readonly subscriptions: number
  /** Topics with subscribers, or with history that a subscriber may come back to. */
  readonly topics: number
  /** Commands and streams that are being answered. */
  readonly running: number
}

/** The server of a contract. Mount it with an adapter, such as `expressHandler` of `@tidings/server/express`. */
export interface Tidings<Contract> extends AsyncDisposable {
  /** Emits events, from anywhere in the program: `emit.room({ roomId }).message(…)`. */
  readonly emit: Emit<Contract>
  /** For adapters: answers a request. Never rejects. */
  handle(request: TidingsRequest): Promise<Answer>
  stats(): Stats
  /**
   * Takes no more requests (503 `unavailable`), ends every event stream, aborts the `signal` of every running command
   * and stream, and resolves when they are over. Closing twice is closing once.
   *
   * The HTTP server is its owner's to close.
   */
  close(): Promise<void>
}

/**
 * Creates the server of a contract.
 *
 * Handlers stand in the contract's own shape. A channel's may be left out unless the contract promises a snapshot.
 *
 * @throws TidingsError `invalid_options` for a handler that is missing or unknown, or an option out of range
 */
export function createServer<const Contract extends ContractDefinition>(
  contract: Contract,
  handlers: Handlers<Contract, undefined>,
): Tidings<Contract>
export function createServer<const Contract extends ContractDefinition, Context = undefined>(
  contract: Contract,
  options: ServerOptions<Context>,
  handlers: Handlers<Contract, Context>,
): Tidings<Contract>
export function createServer(
  contract: ContractDefinition,
  ...rest: [handlers: unknown] | [options: ServerOptions<unknown>, handlers: unknown]
): Tidings<ContractDefinition> {
  const [given, handlers] = rest.length === 2 ? rest : [{}, rest[0]]
  const compiled = compileContract(contract)
  const options = resolveOptions(given)
  const procedures = bindHandlers(compiled, handlers, options.history)
  const hub = new Hub()
  const runs = new Runs()
  let isClosing = false
  let closed: Promise<void> | undefined

  const emit = createEmit(compiled, (channel, query, body) => {
    if (isClosing)
      throw new TidingsError({ code: 'closed', message: 'The server was closed. Nothing can be emitted' })
    const bound = procedures.get(channel.path) as Extract<BoundProcedure, { kind: 'channel' }>
    hub.publish(topicKey(channel.path, query), () => bound.settingsOf(query), body)
    return Promise.resolve()
  })
  const site: Site = {
    options,
    procedures,
    hub,
    heartbeat: new Heartbeat(options.heartbeatMs),
    runs,
    emit,
    publicError: (error, place) =>
      publicError(error, undefined, (unexpected) => options.onError(unexpected, { place })),
  }
  const unavailable = () => new TidingsError({ code: 'unavailable', message: 'The server is closing' })

  function close(): Promise<void> {
    if (!isClosing) {
      isClosing = true
      hub.close()
      closed = runs.abortAll(unavailable())
    }
    return closed ?? Promise.resolve()
  }

  return {
    emit: emit as Emit<ContractDefinition>,
    handle: async (request) => (isClosing ? problemAnswer(unavailable()) : route(site, request)),
    stats: () => hubStats(hub, runs),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function hubStats(hub: Hub, runs: Runs): Stats {
  let subscriptions = 0
  for (const carrier of hub.carriers) subscriptions += carrier.subscriptionCount
  return { connections: hub.carriers.size, subscriptions, topics: hub.topicCount, running: runs.size }
}
