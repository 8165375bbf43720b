import type { Client, ClientOptions, Topic } from '@tidings/client'
import type { ErrorMatch } from '@tidings/client/testing'
import type { EventUnion } from '@tidings/core'
import type { ServerOptions } from '../options.js'
import type { Tidings } from '../tidings.js'
import type { MockedTimers } from './mocked-timers.js'
import type { TestNetwork } from './network.js'
import type { TestClock } from './test-clock.js'

/** The options of a test server: those of `createServer`, and the clock. */
export interface TestServerOptions<Context> extends ServerOptions<Context> {
  /**
   * Node's mocked timers, which `server.clock` then ticks: `t.mock.timers`, with `Date` enabled as well.
   *
   * By default, the clock is that of the fake timers of Vitest or Jest, if they are on when the server is made.
   * Otherwise the kit installs its own until the server is closed: it runs on in real time.
   */
  clock?: MockedTimers
}

/** The options of a test's client: those of `createClient`, without what leads to the server. */
export interface TestClientOptions extends Omit<ClientOptions, 'url' | 'fetch' | 'EventSource' | 'share'> {
  /** The client's address, as limits and hooks of the server see it. Defaults to none. */
  address?: string
}

/**
 * The server of a contract, in a test: the engine, the codecs and the client are the real ones, and there is no socket.
 *
 * `await using` or `close()` ends it at the end of the test.
 *
 * @typeParam Context what the option `context` returns, which `snapshot` and `call` take
 */
export interface TestServer<Contract, in Context = never> extends Tidings<Contract, Context> {
  /** Creates a client of the server: `server.client({ headers: { authorization: 'Bearer ada' } })`. */
  client(options?: TestClientOptions): Client<Contract>
  readonly network: TestNetwork
  readonly clock: TestClock
  /**
   * Resolves with the payload of the topic's next event of that name. Each event is returned once, in the order in
   * which the server emitted them, so an event that was emitted before the call is not missed.
   *
   * Rejects after 4 s of real time, and for an event that the kit does not keep any more: see {@link all}.
   */
  next<Events, Snapshot, Name extends keyof Events & string>(
    topic: Topic<Events, Snapshot>,
    event: Name,
  ): Promise<Events[Name]>
  /**
   * Returns all events that the server has emitted on a topic, oldest first. Beyond 4,096 events of a topic, the
   * oldest are dropped.
   */
  all<Events, Snapshot>(topic: Topic<Events, Snapshot>): EventUnion<Events>[]
  /**
   * Expects an error that would fail the test: one that the server's or a client's `onError` receives. Resolves with
   * the first that matches, whether it was reported before or comes later.
   *
   * @param match the error's `code`, a part or pattern of its message, or a function. Defaults to any error
   */
  expectError(match?: ErrorMatch): Promise<unknown>
  /**
   * Closes the clients and the server, and restores the clock.
   *
   * Rejects if there were errors that the test did not expect, or an expected one did not come. A server or client with
   * an `onError` of its own leaves its errors to that.
   */
  close: Tidings<Contract, Context>['close']
}
