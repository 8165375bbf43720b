import type { Failure } from '@tidings/client'
import type { TidingsError } from '@tidings/core'
import { parseCursor } from '@tidings/core/wire'
import type { Argv } from 'yargs'
import { suggestion } from '../closest.js'
import { defineCommand, type Session } from '../command.js'
import { type ExitCode, exitCode, UsageError } from '../exit-code.js'
import { ConnectionNotes } from '../live/connection-notes.js'
import { topicOf } from '../live/described-client.js'
import { type Frame, tappedFetch } from '../live/frame-tap.js'
import { counted } from '../live/numbers.js'
import { recordText } from '../live/record-text.js'
import { TopicFeed } from '../live/topic-feed.js'
import type { TopicRecord } from '../live/topic-record.js'
import { printable } from '../printable.js'
import { findProcedure, listOf } from '../procedure.js'
import { connect, type Remote } from '../remote.js'
import { jsonOption, serverOptions, urlPositional } from '../shared-options.js'

const options = (yargs: Argv) =>
  urlPositional(jsonOption(serverOptions(yargs)))
    .positional('channel', { type: 'string', demandOption: true, description: 'Its path: room, chat/room' })
    .positional('params', {
      type: 'string',
      array: true,
      default: [],
      description: 'The params: roomId=lobby',
    })
    .option('event', {
      type: 'string',
      array: true,
      requiresArg: true,
      description: 'Print this event only. May be repeated',
    })
    .option('count', {
      type: 'string',
      requiresArg: true,
      coerce: counted('count'),
      description: 'End after so many events',
    })
    .option('since', {
      type: 'string',
      requiresArg: true,
      description: 'Begin after the event with this cursor',
    })
    .option('snapshot', {
      type: 'boolean',
      default: true,
      description: 'Print snapshots, or not: --no-snapshot',
    })

type TailArgs = Awaited<ReturnType<typeof options>['argv']>

export const tail = defineCommand({
  usage: 'tail <url> <channel> [params..]',
  summary: 'Print what a topic receives, as it arrives',
  description: `Print what a topic receives, as it arrives: snapshots, events, and gaps where events were missed.

A lost connection is replaced, and continues after the last event. Ctrl+C ends it.`,
  examples: [
    ['tail http://localhost:3000/events room roomId=lobby', 'The events of a room'],
    ['tail http://localhost:3000/events room roomId=lobby --event message --count 1', 'Wait for one message'],
    ['tail http://localhost:3000/events prices --json | jq .data', 'Payloads for another program'],
    ['tail http://localhost:3000/events prices --since 5f0c.42', 'Begin after an event'],
  ],
  builder: options,
  run: async (args, session) => {
    requireCursor(args.since)
    return await new Tail(args as TailArgs, session).run()
  },
})

/** One subscription that is printed until it ends. */
class Tail {
  readonly #args: TailArgs
  readonly #session: Session
  #feed: TopicFeed | undefined
  #notes: ConnectionNotes | undefined
  /** Resolves when the last line is written. */
  #written: Promise<void> | undefined
  #wasOpen = false
  #left: number
  #cursor: string | undefined
  #end: (end: ExitCode | Error) => void = () => {}

  constructor(args: TailArgs, session: Session) {
    this.#args = args
    this.#session = session
    this.#left = args.count ?? Number.POSITIVE_INFINITY
  }

  async run(): Promise<ExitCode> {
    const { signal, output } = this.#session
    const remote = await this.#connect()
    try {
      const ended = new Promise<ExitCode | Error>((resolve) => {
        this.#end = resolve
      })
      signal.addEventListener('abort', () => this.#end(exitCode.interrupted), { once: true })
      this.#follow(remote)
      const end = await ended
      if (end instanceof Error) throw end
      await this.#written
      if (end === exitCode.interrupted && this.#cursor !== undefined) {
        await output.note(
          output.noteColors.dim(`Continue after the last event with: --since ${this.#cursor}`),
        )
      }
      return end
    } finally {
      this.#notes?.close()
      this.#feed?.stop()
      remote.close()
    }
  }

  #connect(): Promise<Remote> {
    return connect(this.#args.url, this.#args, this.#session, {
      fetch: tappedFetch(fetch, {
        onFrame: (frame) => this.#onFrame(frame),
        ready: () => this.#written,
      }),
      onError: (error, { event, data }) => {
        if (event !== undefined && data !== undefined) {
          this.#feed?.onMisfit(event, data, error)
        } else this.#note(printable(error.message))
      },
    })
  }

  #follow({ client, document }: Remote): void {
    const { channel: name, params, event: filter = [], since } = this.#args
    const channel = findProcedure(document, name, 'channel')
    const events = Object.keys(channel.procedure.events)
    for (const event of filter) {
      if (events.includes(event)) continue
      throw new UsageError(
        `"${channel.path}" has no event "${event}"${suggestion(event, events)}`,
        `Its events are: ${listOf(events)}`,
      )
    }
    const topic = topicOf(client, channel, params)
    this.#notes = new ConnectionNotes(client.connection, this.#session.output)
    client.connection.on('change', (state) => {
      if (state.status === 'open') this.#wasOpen = true
      if (state.status === 'waiting' && !this.#wasOpen && state.problem.code === 'network')
        this.#end(state.problem)
    })
    this.#feed = new TopicFeed(topic, events, {
      onRecord: (record) => this.#onRecord(record),
      onRefused: (problem, failure) => this.#onRefused(problem, failure),
    })
    this.#feed.start(since).then(
      () => this.#note(`Live: ${printable(decodeURIComponent(topic.key))}. Ctrl+C ends it`),
      () => {},
    )
  }

  #onFrame(frame: Frame): void {
    this.#notes?.onFrame(frame)
    this.#feed?.onFrame(frame)
  }

  #onRecord(record: TopicRecord): void {
    if (this.#left <= 0) return
    // What an event has as its id is checked by the client only later.
    if (record.cursor !== undefined && parseCursor(record.cursor)) this.#cursor = record.cursor
    const { event: filter, snapshot, json } = this.#args
    if (record.type === 'snapshot' && !snapshot) return
    if ('event' in record && filter && !filter.includes(record.event)) return
    const { output } = this.#session
    this.#written = json ? output.printJson(record) : output.print(recordText(record, output.colors))
    if (!('event' in record) || record.event === '$snapshot') return
    this.#left -= 1
    if (this.#left === 0) this.#end(exitCode.ok)
  }

  #onRefused(problem: TidingsError, { isFinal }: Failure): void {
    if (isFinal) this.#end(problem)
    else
      this.#note(
        `The server refused for now: ${printable(problem.message)} (${printable(problem.code)}). Retrying`,
      )
  }

  #note(text: string): void {
    const { output } = this.#session
    void output.note(output.noteColors.dim(text))
  }
}

function requireCursor(since: string | undefined): void {
  if (since === undefined || parseCursor(since)) return
  throw new UsageError(
    `--since is not a cursor: "${since}"`,
    'A cursor is what `tail --json` prints with an event, such as 5f0c.42',
  )
}
