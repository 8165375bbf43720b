import { TidingsError } from '@tidings/core'
import {
  type CompiledCommand,
  type CompiledContract,
  type CompiledStream,
  type ControlResult,
  decodeControlRequest,
  type Problem,
  parseRunKey,
  parseTopicKey,
  type SubscriptionOperation,
  toProblem,
  topicKey,
} from '@tidings/core/wire'
import { MockConnection } from './mock-connection.js'
import {
  broken,
  fail,
  jsonResponse,
  nameOf,
  notFound,
  problemOf,
  problemOfThrown,
  problemResponse,
  unanswered,
} from './mock-failures.js'
import { MockRun } from './mock-run.js'
import { MockTopic } from './mock-topic.js'
import type { TestErrors } from './test-errors.js'
import { Waiting } from './waiting.js'

/** The answer that a test gives for a procedure. */
type MockAnswer = (input: unknown, call?: unknown) => unknown

/** The server's part of the protocol, for one client. Its answers and events are the test's. */
export class MockServer {
  /** Nothing is sent there: the host is in a domain that never exists. RFC 6761 section 6.2. */
  readonly url = 'http://mock.tidings.test/events'
  /** By the path of the procedure. */
  readonly answers = new Map<string, MockAnswer>()
  /** The inputs of calls, by the path of the procedure. */
  readonly calls = new Map<string, unknown[]>()
  /** Changes with each request, and with each event and end of a run. */
  activity = 0
  readonly #contract: CompiledContract
  readonly #errors: TestErrors
  readonly #topics = new Map<string, MockTopic>()
  /** By id, the newest last. */
  readonly #runs = new Map<string, MockRun>()
  readonly #runsWaited = new Waiting()
  #connection: MockConnection | undefined
  #connections = 0
  /** Why no request is answered. */
  #outage: { readonly kind: 'cut' } | { readonly kind: 'refused'; readonly problem: Problem } | undefined

  constructor(contract: CompiledContract, errors: TestErrors) {
    this.#contract = contract
    this.#errors = errors
  }

  /** The keys of the topics that the client subscribes to. */
  get topics(): string[] {
    return [...this.#topics.values()].filter(({ isSubscribed }) => isSubscribed).map(({ key }) => key)
  }

  topic(path: string, params: unknown): MockTopic {
    const channel = this.#contract.procedures.get(path)
    if (channel?.kind !== 'channel') throw notFound(path)
    const given = channel.topics.encode(params)
    return this.#topicByKey(topicKey(path, given))
  }

  /**
   * Resolves with the run of a stream that has an id, which begins if the client has not begun it, or with the newest
   * one that is not over, as soon as there is one.
   */
  async run(stream: CompiledStream, id?: string): Promise<MockRun> {
    if (id !== undefined) return this.#runs.get(id) ?? this.#prepareRun(stream, id)
    const runs = () => [...this.#runs.values()].filter((run) => run.stream === stream)
    const newest = () => runs().findLast(({ isOver }) => !isOver)
    let found: MockRun | undefined
    await this.#runsWaited.run(
      () => newest() !== undefined,
      () => {
        found = newest()
      },
      () => {
        const name = nameOf(stream.path)
        const over = runs().at(-1)
          ? `its last run is over, and ${name} was not called again`
          : `${name} was not called`
        return `mock.run.${name}: ${over}. Call it, or name a run to attach to`
      },
    )
    return found as MockRun
  }

  cut(): void {
    this.#outage = { kind: 'cut' }
    this.#lose(broken())
  }

  refuse(error: TidingsError): void {
    const problem = problemOf(error)
    this.#outage = { kind: 'refused', problem }
    this.#connection?.signal('$error', problem)
    this.#lose()
  }

  restore(): void {
    this.#outage = undefined
  }

  /** Ends the runs, whose answers may go on, and reports those that nothing carried on. */
  close(): void {
    for (const run of this.#runs.values()) {
      run.onLeft()
      const { isAnswered, stream, id } = run
      if (isAnswered) continue
      const name = nameOf(stream.path)
      const message = `${name} was called, and the mock has no answer: run ${id} waits. Write mock.on.${name}(async function* (input) { … }), or carry it on by hand: mock.run.${name}().output(…)`
      this.#errors.report(new Error(message), stream.path)
    }
  }

  /** The client's `fetch`. */
  readonly fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { signal } = init
    this.activity += 1
    // As over a network: the caller goes on meanwhile.
    await undefined
    if (signal?.aborted) throw signal.reason
    if (this.#outage?.kind === 'cut') throw broken()
    if (this.#outage?.kind === 'refused') return problemResponse(this.#outage.problem)
    const path = decodeURI(String(url).slice(this.url.length + 1))
    const response = init.method === 'POST' ? this.#post(path, init) : this.#connect(signal)
    if (!signal) return response
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      response.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    })
  }

  async #connect(signal: AbortSignal | null | undefined): Promise<Response> {
    this.#lose()
    this.#connections += 1
    const connection = new MockConnection(String(this.#connections))
    this.#connection = connection
    signal?.addEventListener('abort', () => {
      if (this.#connection === connection) this.#lose(signal.reason)
    })
    return connection.response
  }

  async #post(path: string, { body, headers, signal }: RequestInit): Promise<Response> {
    const json: unknown = typeof body === 'string' ? JSON.parse(body) : undefined
    const [first, id = ''] = path.split('/')
    if (first === '$connections') return this.#control(id, json)
    if (first === '$runs') {
      this.#runs.get(id)?.cancel()
      return jsonResponse(204, undefined)
    }
    const procedure = this.#contract.procedures.get(path)
    if (procedure?.kind === 'command') return this.#call(procedure, json, signal)
    if (procedure?.kind === 'stream') return this.#start(procedure, json, new Headers(headers ?? {}))
    return problemResponse(toProblem(notFound(path)))
  }

  async #call(
    command: CompiledCommand,
    json: unknown,
    signal: AbortSignal | null | undefined,
  ): Promise<Response> {
    const { path } = command
    try {
      const input = this.#record(command, json)
      const answer = this.answers.get(path)
      if (!answer) throw unanswered(path)
      const output = await answer(input, { fail, signal: signal ?? new AbortController().signal })
      return jsonResponse(200, command.output.encode(output, `the output of ${path}`))
    } catch (thrown) {
      return problemResponse(problemOfThrown(thrown, command, (error) => this.#errors.report(error, path)))
    }
  }

  async #start(stream: CompiledStream, json: unknown, headers: Headers): Promise<Response> {
    const input = this.#record(stream, json)
    const id = headers.get('Idempotency-Key') ?? ''
    const isRepeated = this.#runs.has(id)
    const run = this.#runs.get(id) ?? this.#addRun(stream, id)
    const subscribed =
      this.#connection !== undefined && headers.get('Tidings-Connection') === this.#connection.id
    if (subscribed) run.onSubscribe()
    const answer = this.answers.get(stream.path)
    if (answer && !isRepeated) void run.play(answer as Parameters<MockRun['play']>[0], input)
    return jsonResponse(202, { run: id, subscribed })
  }

  async #control(id: string, json: unknown): Promise<Response> {
    if (id !== this.#connection?.id) {
      return problemResponse(
        toProblem(new TidingsError({ code: 'gone', message: 'The connection is closed' })),
      )
    }
    const { sequence, operations } = decodeControlRequest(json)
    const results = await Promise.all(
      operations.map((operation): ControlResult | Promise<ControlResult> =>
        'echo' in operation ? { status: 'done' } : this.#perform(operation, sequence),
      ),
    )
    return jsonResponse(200, { results })
  }

  async #perform(operation: SubscriptionOperation, sequence: number | undefined): Promise<ControlResult> {
    try {
      if ('pause' in operation) this.#runByKey(operation.pause)?.onPaused()
      else if ('snapshot' in operation) await this.#topicByKey(operation.snapshot).onSnapshotNeeded()
      else if ('unsubscribe' in operation) {
        const run = this.#runByKey(operation.unsubscribe)
        if (!run) this.#topicByKey(operation.unsubscribe).onLeft()
        else run.onLeft()
      } else await this.#subscribe(operation.subscribe, operation.cursor, sequence)
      return { status: 'done' }
    } catch (thrown) {
      const procedure = this.#contract.procedures.get(parseTopicKey(keyOf(operation)).path)
      const report = (error: unknown) => this.#errors.report(error, procedure?.path ?? 'a subscription')
      return { status: 'refused', problem: problemOfThrown(thrown, procedure, report) }
    }
  }

  async #subscribe(key: string, cursor: string | undefined, sequence: number | undefined): Promise<void> {
    const parts = parseRunKey(key)
    if (!parts) return this.#topicByKey(key).onSubscribe(cursor, sequence)
    const run = this.#runByKey(key)
    if (run) return run.onSubscribe(cursor, sequence)
    const message = `The mock has no run ${parts.id}. Begin it in the test: mock.run.${nameOf(parts.path)}('${parts.id}')`
    throw new TidingsError({ code: 'not_found', message })
  }

  #record(procedure: CompiledCommand | CompiledStream, json: unknown): unknown {
    const input = procedure.input.decode(json, `the input of ${procedure.path}`)
    const calls = this.calls.get(procedure.path) ?? []
    calls.push(input)
    this.calls.set(procedure.path, calls)
    return input
  }

  /** Begins a run that the client may attach to. */
  #prepareRun(stream: CompiledStream, id: string): MockRun {
    const run = this.#addRun(stream, id)
    run.isAnswered = true
    return run
  }

  #addRun(stream: CompiledStream, id: string): MockRun {
    const run = new MockRun(stream, id, {
      connection: () => this.#connection,
      onAppended: () => {
        this.activity += 1
      },
      report: (error, place) => this.#errors.report(error, place),
    })
    this.#runs.set(id, run)
    this.#runsWaited.flush()
    return run
  }

  #runByKey(key: string): MockRun | undefined {
    return this.#runs.get(parseRunKey(key)?.id ?? '')
  }

  #topicByKey(key: string): MockTopic {
    const known = this.#topics.get(key)
    if (known) return known
    const { path, query } = parseTopicKey(key)
    const channel = this.#contract.procedures.get(path)
    if (channel?.kind !== 'channel') throw notFound(path)
    const topic = new MockTopic(channel, key, channel.topics.decode(new URLSearchParams(query)), {
      connection: () => this.#connection,
      answer: (of) => this.answers.get(of),
      topics: () => this.topics,
      report: (error, place) => this.#errors.report(error, place),
    })
    this.#topics.set(key, topic)
    return topic
  }

  #lose(error?: unknown): void {
    const connection = this.#connection
    this.#connection = undefined
    for (const topic of this.#topics.values()) topic.onLeft()
    for (const run of this.#runs.values()) run.onPaused()
    connection?.close(error)
  }
}

function keyOf(operation: SubscriptionOperation): string {
  if ('subscribe' in operation) return operation.subscribe
  if ('snapshot' in operation) return operation.snapshot
  return 'pause' in operation ? operation.pause : operation.unsubscribe
}
