import { setMaxListeners } from 'node:events'
import { createClient } from '@tidings/client'
import type { Argv } from 'yargs'
import { inputFrom } from '../arguments.js'
import { Bench, type BenchPlan } from '../bench/bench.js'
import { BenchProgress } from '../bench/bench-progress.js'
import { benchText } from '../bench/bench-text.js'
import { CommandLoad, hasMark } from '../bench/command-load.js'
import { Marks, markWord } from '../bench/marks.js'
import { requireOpenFiles } from '../bench/open-files.js'
import { defineCommand, type Session } from '../command.js'
import { exitCode, UsageError } from '../exit-code.js'
import { commandOf, topicOf } from '../live/described-client.js'
import { counted, positive } from '../live/numbers.js'
import { findProcedure } from '../procedure.js'
import { ProgressLine } from '../progress-line.js'
import { connect, type Remote } from '../remote.js'
import { jsonOption, serverOptions, urlPositional } from '../shared-options.js'

const options = (yargs: Argv) =>
  urlPositional(jsonOption(serverOptions(yargs)))
    .positional('channel', { type: 'string', demandOption: true, description: 'Its path: room, chat/room' })
    .positional('params', {
      type: 'string',
      array: true,
      default: [],
      description: 'The params: roomId=lobby, or roomId=room-{n} for a topic each',
    })
    .option('subscribers', {
      type: 'string',
      requiresArg: true,
      coerce: counted('subscribers'),
      default: '10',
      description: 'How many subscribe',
    })
    .option('connections', {
      type: 'string',
      requiresArg: true,
      coerce: counted('connections'),
      description: 'How many connections they share. Defaults to one for each',
    })
    .option('topics', {
      type: 'string',
      requiresArg: true,
      coerce: counted('topics'),
      description: 'How many topics {n} counts to. Defaults to one for each subscriber',
    })
    .option('seconds', {
      type: 'string',
      requiresArg: true,
      coerce: positive('seconds', 86_400),
      default: '10',
      description: 'How long to count',
    })
    .option('time-field', {
      type: 'string',
      requiresArg: true,
      description: 'The key of a payload that says when it was sent: sentAt, meta.at',
    })
    .option('emit-command', {
      type: 'string',
      nargs: 2,
      description: `A command that causes an event, and its input, in which ${markWord} is replaced`,
    })
    .option('rate', {
      type: 'string',
      requiresArg: true,
      coerce: positive('rate', 100_000),
      default: '10',
      description: 'How many commands a second',
    })

type BenchArgs = Awaited<ReturnType<typeof options>['argv']>

export const bench = defineCommand({
  usage: 'bench <url> <channel> [params..]',
  summary: 'Open many subscribers, and measure what reaches them',
  description: `Open many subscribers, and measure how long they take to connect, what reaches them, and how late.

The spread of an event is the time from its first subscriber to its last. Its latency, from the sending to each subscriber, is known with --time-field, if the clocks agree, or with --emit-command, from the call on.`,
  examples: [
    ['bench http://localhost:3000/events prices --subscribers 1000', 'A thousand connections'],
    [
      'bench http://localhost:3000/events room roomId=room-{n} --subscribers 300 --connections 1',
      '300 topics on one',
    ],
    ['bench http://localhost:3000/events prices --time-field sentAt', 'Latency by a time in the payload'],
    [
      `bench http://localhost:3000/events room roomId=lobby --emit-command send '{"roomId":"lobby","author":"bench","text":"{id}"}' --rate 50`,
      'Latency from a command to each subscriber',
    ],
  ],
  builder: options,
  run: async (given, session) => {
    const args = given as BenchArgs
    requireOneLatency(args)
    requireOpenFiles(args.connections ?? args.subscribers)
    // Each command listens to its client. Node would warn of a leak from eleven at the same time on.
    setMaxListeners(0)
    const remote = await connect(args.url, args, session)
    try {
      const plan = await planOf(args, remote, session)
      const progress = new BenchProgress(plan, new ProgressLine(session.io.stderr))
      const result = await new Bench(plan, progress).run(session.signal).finally(() => progress.close())
      const { output } = session
      if (args.json) await output.printJson(result)
      else await output.print(benchText(result, output.colors))
      return result.live < result.subscribers ? exitCode.refused : undefined
    } finally {
      remote.close()
    }
  },
})

async function planOf(args: BenchArgs, remote: Remote, session: Session): Promise<BenchPlan> {
  const { subscribers, connections = subscribers, topics = subscribers, seconds, params, timeout } = args
  const channel = findProcedure(remote.document, args.channel, 'channel')
  const timeField = args['time-field']
  const wordsOf = (subscriber: number) => {
    return params.map((word) => word.replaceAll('{n}', String((subscriber % topics) + 1)))
  }
  // Params that do not fit are found before anything is opened.
  topicOf(remote.client, channel, wordsOf(0))
  const marks = args['emit-command'] === undefined ? undefined : new Marks()
  return {
    subscribers,
    connections: Math.min(connections, subscribers),
    seconds,
    timeoutMs: timeout,
    events: Object.keys(channel.procedure.events),
    timeField,
    createClient: (own) =>
      createClient(remote.contract, { url: remote.url, headers: remote.headers, timeoutMs: timeout, ...own }),
    topicOf: (client, subscriber) => topicOf(client, channel, wordsOf(subscriber)),
    marks,
    load: marks && (await loadOf(args, marks, remote, session)),
  }
}

async function loadOf(args: BenchArgs, marks: Marks, { client, document }: Remote, { io }: Session) {
  const [name = '', text = '', ...more] = args['emit-command'] as unknown as readonly string[]
  if (more.length > 0 || typeof name !== 'string')
    throw new UsageError('--emit-command is given more than once')
  const command = findProcedure(document, name, 'command')
  const input = await inputFrom(command.procedure.input, `the input of "${command.path}"`, [text], io)
  if (!hasMark(input)) {
    throw new UsageError(
      `The input of "${command.path}" has no ${markWord}, by which its events are recognized`,
      `Write it in a text that the event repeats: {"text":"${markWord}"}`,
    )
  }
  return new CommandLoad(commandOf(client, command), input, args.rate, marks)
}

function requireOneLatency(args: BenchArgs): void {
  if (args['time-field'] && args['emit-command']) {
    throw new UsageError('--time-field and --emit-command both measure latency: leave one of them out')
  }
}
