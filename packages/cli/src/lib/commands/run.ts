import type { Argv } from 'yargs'
import { inputFrom } from '../arguments.js'
import { defineCommand, type Session } from '../command.js'
import { type ExitCode, exitCode, UsageError } from '../exit-code.js'
import { ConnectionNotes } from '../live/connection-notes.js'
import { type DescribedRun, streamOf } from '../live/described-client.js'
import { tappedFetch } from '../live/frame-tap.js'
import { jsonLine, jsonText } from '../live/json-text.js'
import { recordText } from '../live/record-text.js'
import { isRefusal, refusalJson, refused } from '../live/refusal.js'
import { misfitOf, type TopicRecord } from '../live/topic-record.js'
import { printable } from '../printable.js'
import { findProcedure } from '../procedure.js'
import { connect, type Remote } from '../remote.js'
import { jsonOption, serverOptions, urlPositional } from '../shared-options.js'

const options = (yargs: Argv) =>
  urlPositional(jsonOption(serverOptions(yargs)))
    .positional('stream', {
      type: 'string',
      demandOption: true,
      description: 'Its path: complete, chat/complete',
    })
    .positional('input', {
      type: 'string',
      array: true,
      default: [],
      description: 'JSON, key=value, @file or -',
    })
    .option('id', {
      type: 'string',
      requiresArg: true,
      description: 'Attach to the run with this id, in place of a new one',
    })
    .option('cancel', { type: 'boolean', default: false, description: 'End the run with --id on the server' })
    .option('cancel-on-interrupt', {
      type: 'boolean',
      default: false,
      description: 'End the run on the server with Ctrl+C, in place of leaving it',
    })

type RunArgs = Awaited<ReturnType<typeof options>['argv']>

export const run = defineCommand({
  usage: 'run <url> <stream> [input..]',
  summary: 'Run a stream, and print its events and output',
  description: `Run a stream, and print its events as they arrive, then its output.

A lost connection is replaced, and continues after the last event. Ctrl+C leaves the run: it goes on for as long as its server keeps runs without readers, and --id attaches to it again. With --cancel-on-interrupt, Ctrl+C ends it.`,
  examples: [
    ['run http://localhost:3000/events complete prompt="to be or not"', 'Run it'],
    ['run http://localhost:3000/events complete --id <id>', 'Attach to a run: from its beginning, then live'],
    ['run http://localhost:3000/events complete --id <id> --cancel', 'End a run for all its readers'],
    [
      'run http://localhost:3000/events complete @prompt.json --json | jq -r .data',
      'Payloads for another program',
    ],
  ],
  builder: options,
  run: async (args, session) => {
    const { id, input, cancel } = args
    if (cancel && id === undefined) throw new UsageError('--cancel needs the run to cancel: --id <id>')
    if (id !== undefined && input.length > 0) {
      throw new UsageError(`A run that was started takes no input: leave out "${input[0]}", or --id`)
    }
    return await new ReadRun(args as RunArgs, session).run()
  },
})

/** A run that is printed until it ends. */
class ReadRun {
  readonly #args: RunArgs
  readonly #session: Session
  #notes: ConnectionNotes | undefined
  /** The run's id, until it is printed. */
  #id: string | undefined
  /** Resolves when the last line is written. */
  #written: Promise<void> | undefined

  constructor(args: RunArgs, session: Session) {
    this.#args = args
    this.#session = session
  }

  async run(): Promise<ExitCode> {
    const { io, signal } = this.#session
    const { id, input: words, cancel } = this.#args
    const remote = await this.#connect()
    try {
      const found = findProcedure(remote.document, this.#args.stream, 'stream')
      const { path, procedure } = found
      const stream = streamOf(remote.client, found)
      const input = await inputFrom(procedure.input, `the input of "${path}"`, words, io)
      const started = id === undefined ? stream.start(input) : stream.attach(id)
      if (cancel) return await this.#cancel(started, path)
      this.#notes = new ConnectionNotes(remote.client.connection, this.#session.output)
      const interrupted = new Promise<'interrupted'>((resolve) => {
        signal.addEventListener('abort', () => resolve('interrupted'), { once: true })
      })
      this.#id = started.id
      const reading = this.#read(started, path)
      const end = await Promise.race([reading, interrupted])
      reading.catch(() => {})
      return end === 'interrupted' ? await this.#leave(started, path) : end
    } finally {
      this.#notes?.close()
      remote.close()
    }
  }

  #connect(): Promise<Remote> {
    const { output } = this.#session
    return connect(this.#args.url, this.#args, this.#session, {
      fetch: tappedFetch(fetch, {
        onFrame: (frame) => {
          this.#notes?.onFrame(frame)
          if (frame.name === '$subscribed') this.#onStarted()
        },
        ready: () => this.#written,
      }),
      onError: (error, { event, data }) => {
        if (event === undefined || data === undefined) void output.note(printable(error.message))
        else this.#print(misfitOf(event, data, error))
      },
    })
  }

  /** The server has the run, whose id is now worth knowing. */
  #onStarted(): void {
    const { output } = this.#session
    if (this.#id !== undefined) void output.note(output.noteColors.dim(`Run ${this.#id}. Ctrl+C leaves it`))
    this.#id = undefined
  }

  async #read(run: DescribedRun, path: string): Promise<ExitCode> {
    const { output } = this.#session
    try {
      for await (const { type, data } of run) {
        const at = new Date().toISOString()
        this.#print({ type: 'event', at, event: String(type), ...(data !== undefined && { data }) })
        await this.#written
      }
      await this.#printOutput(await run.output)
      return exitCode.ok
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (!this.#args.json) throw refused(path, error, output)
      await output.printJson({ type: 'error', at: new Date().toISOString(), ...refusalJson(error) })
      return exitCode.refused
    }
  }

  #print(record: TopicRecord): void {
    const { output } = this.#session
    this.#written = this.#args.json
      ? output.printJson(record)
      : output.print(recordText(record, output.colors))
  }

  async #printOutput(data: unknown): Promise<void> {
    const { output, io } = this.#session
    if (this.#args.json) {
      await output.printJson({
        type: 'output',
        at: new Date().toISOString(),
        ...(data !== undefined && { data }),
      })
      return
    }
    if (data === undefined) return
    await output.print((io.stdout.isTTY ? jsonText : jsonLine)(data, output.colors))
  }

  /** Ends the run, or leaves it as a reader does whose connection is lost: detaching might end it. */
  async #leave(run: DescribedRun, path: string): Promise<ExitCode> {
    const { output } = this.#session
    if (this.#args['cancel-on-interrupt']) {
      await this.#cancel(run, path)
      return exitCode.interrupted
    }
    const again = `tidings run ${this.#args.url} ${path} --id ${run.id}`
    await output.note(
      `Left the run, which goes on for as long as its server keeps it without readers. Attach again with:\n  ${again}`,
    )
    return exitCode.interrupted
  }

  async #cancel(run: DescribedRun, path: string): Promise<ExitCode> {
    const { output } = this.#session
    await run.cancel().catch((error: unknown) => {
      throw isRefusal(error) ? refused(path, error, output) : error
    })
    await output.note(`Cancelled the run ${run.id}`)
    return exitCode.ok
  }
}
