import type { Argv } from 'yargs'
import { inputFrom, paramsFrom } from '../arguments.js'
import { suggestion } from '../closest.js'
import { defineCommand } from '../command.js'
import { contractOf, isUrl, loadContract } from '../contract-source.js'
import { UsageError } from '../exit-code.js'
import { findProcedure, listOf } from '../procedure.js'
import { jsonOption, serverOptions } from '../shared-options.js'

export const emit = defineCommand({
  usage: 'emit <channel> <arguments..>',
  synopsis: 'emit <channel> [param=value..] <event> [data..]',
  summary: 'Emit an event through the bus of the servers',
  description:
    'Emit an event through the bus of the servers. The data is JSON, @file, - for stdin, or key=value for each key. It is validated and encoded as a server does ' +
    'it. Returns when the bus has the event.',
  examples: [
    [
      'emit room roomId=lobby typing author=ada --redis redis://localhost:6379 --contract contract.ts',
      'An event with an object',
    ],
    [
      'emit room roomId=lobby message @message.json --redis redis://localhost:6379 --contract https://example.org/events',
      'Data from a file, and the contract from a server',
    ],
  ],
  builder: (yargs: Argv) =>
    serverOptions(
      jsonOption(
        yargs
          .positional('channel', {
            type: 'string',
            demandOption: true,
            description: 'The path of the channel: chat/room',
          })
          .positional('arguments', {
            type: 'string',
            array: true,
            demandOption: true,
            description: 'The params of the topic, the name of the event, and its data',
          })
          .option('redis', {
            type: 'string',
            requiresArg: true,
            description: 'The URL of the Redis that the servers use. Defaults to $REDIS_URL',
          })
          .option('cluster', {
            type: 'boolean',
            default: false,
            description: 'The URL is that of one server of a Redis Cluster',
          })
          .option('prefix', {
            type: 'string',
            requiresArg: true,
            default: 'tidings',
            description: 'The prefix that the servers give to redisBus',
          }),
      ),
    )
      .demandOption('contract')
      .describe('contract', 'The contract: a .json, .ts or .js file, or the URL of a server'),
  run: async (args, session) => {
    const { io, output } = session
    const redis = args.redis ?? io.env['REDIS_URL']
    if (!redis)
      throw new UsageError('Missing option --redis', 'Give the URL of the Redis that the servers use')
    if (!/^rediss?:\/\//.test(redis) || !URL.canParse(redis)) {
      throw new UsageError(
        `--redis is not the URL of a Redis: "${redis}"`,
        'Write it as redis://localhost:6379',
      )
    }
    const { document, contract } = await loadContract(args.contract, args, session)
    const { path, procedure } = findProcedure(document, args.channel, 'channel')
    const { params, event, data } = split(args.arguments)
    const events = Object.keys(procedure.events)
    if (event === undefined || !Object.hasOwn(procedure.events, event)) {
      throw new UsageError(
        event === undefined
          ? 'Missing argument <event>'
          : `"${path}" has no event "${event}"${suggestion(event, events)}`,
        `Its events are: ${listOf(events)}`,
      )
    }
    const what = `the data of "${event}"`
    // On demand: the client of Redis takes a while to load.
    const { publish } = await import('../bus-emitter.js')
    const cursor = await publish(
      {
        contract,
        described: isUrl(args.contract) ? contract : contractOf(document, args.contract),
        path,
        params: paramsFrom(procedure, path, params),
        event,
        json: await inputFrom(procedure.events[event], what, data, io),
      },
      { url: redis, isCluster: args.cluster, prefix: args.prefix, timeoutMs: args.timeout },
      session,
    )
    if (args.json) await output.printJson({ channel: path, event, cursor: cursor ?? null })
    else await output.print(`Emitted ${path}.${event}${cursor ? ` at ${cursor}` : ''}`)
    return undefined
  },
})

/** Splits arguments at the name of the event, the first that is not `name=value`. */
function split(words: readonly string[]) {
  const at = words.findIndex((word) => !/^[^\s"{[]+=/.test(word))
  if (at < 0) return { params: words, event: undefined, data: [] }
  return { params: words.slice(0, at), event: words[at], data: words.slice(at + 1) }
}
