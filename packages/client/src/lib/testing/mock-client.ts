import type { ContractDefinition, TidingsError } from '@tidings/core'
import {
  type CompiledGroup,
  type CompiledProcedure,
  compileContract,
  type ServerGapReason,
} from '@tidings/core/wire'
import { createClient } from '../create-client.js'
import { disposeSymbol } from '../disposable.js'
import type { Client } from '../types/client.js'
import type { AsyncDisposes, Disposes } from '../types/disposable.js'
import type { MockAnswers, MockCalls, MockEmit, MockOn, MockRuns } from '../types/mock.js'
import { fail, nameOf } from './mock-failures.js'
import type { MockRun } from './mock-run.js'
import { MockServer } from './mock-server.js'
import { runsLoaded } from './runs-loaded.js'
import { type ErrorMatch, TestErrors } from './test-errors.js'
import { turn } from './turn.js'

/** `Symbol.asyncDispose`, or its stand-in. Here, because bundlers keep it in a module that they use other parts of. */
const asyncDisposeSymbol: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')

/** How many turns of the event loop the client and the mock may take for a request, its response and what follows. */
const enoughTurns = 6

/** How many times {@link enoughTurns} to wait for answers that go on: one may never end. */
const mostRounds = 1_000

/** The network of a mocked client. */
export interface MockNetwork {
  /** Breaks the connection. Requests fail until {@link restore}. Resolves when the client has noticed. */
  cut(): Promise<void>
  /** Refuses every request, and ends the connection, with an error: `unauthorized` for a user who is signed out. */
  refuse(problem: TidingsError): Promise<void>
  /** Ends `cut` and `refuse`, and has the client connect again at once. */
  restore(): Promise<void>
}

/**
 * A client without a server, for tests of components. The client is the real one: what it receives is what the test
 * sends, and its calls are answered by the test.
 *
 * `await using` ends it at the end of the test: it waits as `settle` does, and closes. `using` and `close()` do not wait.
 */
export interface MockClient<Contract> extends AsyncDisposes, Disposes {
  readonly client: Client<Contract>
  /** Sends events, snapshots, gaps and errors of topics: `await mock.emit.room({ roomId }).message(…)`. */
  readonly emit: MockEmit<Contract>
  /**
   * Sets an answer in place of the last: `mock.on.send(async (input, { fail }) => …)`, a generator for a stream, and for
   * a channel a function that returns a topic's snapshot, or throws a `TidingsError` to refuse it.
   */
  readonly on: MockOn<Contract>
  /**
   * Carries on a run by hand, where the stream has no answer: the newest run that is not over, or the one with an id,
   * which the client may attach to. Waits until the client has called the stream, for at most 4 s.
   * `await mock.run.complete().emit.token('to')`
   */
  readonly run: MockRuns<Contract>
  /** The inputs of the calls that the client has made, oldest first. */
  readonly calls: MockCalls<Contract>
  /** The keys of the topics that the client subscribes to: `room?roomId=lobby`. */
  readonly topics: readonly string[]
  readonly network: MockNetwork
  /**
   * Resolves when what was begun has come as far as it can without the test, as after a click: calls have been answered
   * or wait for the test, topics are subscribed or left.
   */
  settle(): Promise<void>
  /**
   * Expects an error that would fail the test: a call without an answer, what an answer threw unexpectedly, or what the
   * client's `onError` receives. Resolves with the first that matches, whether it has come or comes later.
   *
   * @param match the error's `code`, a part or pattern of its message, or a function. Defaults to any error
   */
  expectError(match?: ErrorMatch): Promise<unknown>
  /**
   * Closes the client. Does not wait: a call of the same turn of the event loop, and an answer that throws later, are not
   * looked at. `await using` looks at both, as does `await mock.settle()` before.
   *
   * @throws Error if there were errors that the test did not expect, or an expected one did not come
   */
  close(): void
}

/**
 * Creates a client of a contract for a test, without a server.
 *
 * @param answers the answers to commands, streams and channels, in the contract's own shape; see `mock.on`
 */
export function mockClient<const Contract extends ContractDefinition>(
  contract: Contract,
  answers?: MockAnswers<Contract>,
): MockClient<Contract>
export function mockClient(
  contract: ContractDefinition,
  answers: object = {},
): MockClient<ContractDefinition> {
  const compiled = compileContract(contract)
  const errors = new TestErrors('mock')
  const server = new MockServer(compiled, errors)
  const client = createClient(contract, {
    url: server.url,
    fetch: server.fetch,
    onError: (error, { channel, topic }) =>
      errors.report(error, [channel, topic].filter(Boolean).join('?') || 'the client'),
  })
  const on = shaped(compiled, (procedure) => (answer: unknown) => setAnswer(server, procedure, answer))
  giveAnswers(compiled, on, answers)
  const hasStreams = [...compiled.procedures.values()].some(({ kind }) => kind === 'stream')
  /** Resolves when the client has noticed what an action did. */
  const settle = async (act?: () => void) => {
    act?.()
    // The first run waits for its code, for longer than a few turns.
    if (hasStreams) await runsLoaded()
    let seen: number | undefined
    for (let round = 0; round < mostRounds && seen !== server.activity; round += 1) {
      seen = server.activity
      for (let count = 0; count < enoughTurns; count += 1) await turn()
    }
  }
  let isClosed = false
  const close = () => {
    if (isClosed) return
    isClosed = true
    client.close()
    server.close()
    errors.verify()
  }
  const mock = {
    client,
    emit: shaped(compiled, (procedure) => emitterOf(server, procedure)),
    on,
    run: shaped(compiled, (procedure) => runsOf(server, procedure)),
    calls: shaped(compiled, ({ kind, path }) => (kind === 'channel' ? undefined : callsOf(server, path))),
    get topics() {
      return server.topics
    },
    network: {
      cut: () => settle(() => server.cut()),
      refuse: (problem: TidingsError) => settle(() => server.refuse(problem)),
      restore: () =>
        settle(() => {
          server.restore()
          client.reconnect()
        }),
    },
    settle: () => settle(),
    expectError: (match?: ErrorMatch) => errors.expect(match),
    close,
    [disposeSymbol]: close,
    async [asyncDisposeSymbol]() {
      if (!isClosed) await settle()
      close()
    },
  }
  return mock as unknown as MockClient<ContractDefinition>
}

/** Returns an object in the shape of a contract, without the members for which `make` returns undefined. */
function shaped(group: CompiledGroup, make: (procedure: CompiledProcedure) => unknown): object {
  const result: Record<string, unknown> = {}
  for (const [name, member] of group.members) {
    const value = member.kind === 'group' ? shaped(member, make) : make(member)
    if (value !== undefined) result[name] = value
  }
  return result
}

function giveAnswers(group: CompiledGroup, on: object, answers: object, path = ''): void {
  for (const [name, answer] of Object.entries(answers)) {
    const member = group.members.get(name)
    if (!member) {
      const names = [...group.members.keys()].join(', ')
      throw new TypeError(`mockClient: the contract has no ${path}${name}. Give answers of ${names}`)
    }
    const setter = (on as Record<string, unknown>)[name]
    if (member.kind === 'group') giveAnswers(member, setter as object, answer as object, `${path}${name}.`)
    else if (answer !== undefined) (setter as (answer: unknown) => void)(answer)
  }
}

function setAnswer(server: MockServer, { path }: CompiledProcedure, answer: unknown): void {
  if (typeof answer !== 'function') {
    throw new TypeError(`mock.on.${nameOf(path)}: the answer is ${String(answer)}. Give a function`)
  }
  server.answers.set(path, answer as (input: unknown) => unknown)
}

function emitterOf(server: MockServer, procedure: CompiledProcedure): unknown {
  if (procedure.kind !== 'channel') return undefined
  return (params: unknown = {}) => {
    const topic = server.topic(procedure.path, params)
    const emitter: Record<string, unknown> = {
      gap: (reason?: ServerGapReason) => topic.gap(reason),
      error: (problem: TidingsError) => topic.error(problem),
    }
    if (procedure.snapshot) emitter['snapshot'] = (state: unknown) => topic.snapshot(state)
    for (const name of procedure.events.keys())
      emitter[name] = (payload: unknown) => topic.emit(name, payload)
    return emitter
  }
}

function runsOf(server: MockServer, procedure: CompiledProcedure): unknown {
  if (procedure.kind !== 'stream') return undefined
  return (id?: string) => {
    const found = id === undefined ? undefined : server.run(procedure, id)
    const run = async (use: (run: MockRun) => Promise<void>) => use(await (found ?? server.run(procedure)))
    const emit: Record<string, unknown> = {}
    for (const name of procedure.events.keys()) {
      emit[name] = (payload: unknown) => run((each) => each.emit(name, payload))
    }
    return {
      emit,
      output: (output: unknown) => run((each) => each.output(output)),
      error: (problem: TidingsError) => run((each) => each.error(problem)),
      fail: (...failure: Parameters<typeof fail>) => run((each) => each.error(fail(...failure))),
    }
  }
}

function callsOf(server: MockServer, path: string): unknown[] {
  const calls = server.calls.get(path) ?? []
  server.calls.set(path, calls)
  return calls
}
