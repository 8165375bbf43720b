import type { Argv } from 'yargs'
import { inputFrom } from '../arguments.js'
import { defineCommand } from '../command.js'
import { exitCode, UsageError } from '../exit-code.js'
import { commandOf } from '../live/described-client.js'
import { jsonText } from '../live/json-text.js'
import { isRefusal, refusalJson, refused } from '../live/refusal.js'
import { findProcedure } from '../procedure.js'
import { connect } from '../remote.js'
import { jsonOption, serverOptions, urlPositional } from '../shared-options.js'

export const call = defineCommand({
  usage: 'call <url> <command> [input..]',
  summary: 'Call a command, and print its output',
  description: `Call a command, and print its output as JSON: indented on a terminal, else in one line.

The input is JSON, key=value for each key, @file, or - for JSON from stdin. It is checked before it is sent.`,
  examples: [
    ['call http://localhost:3000/events send roomId=lobby author=ada text=hi', 'Each key as an argument'],
    [`call http://localhost:3000/events send '{"roomId":"lobby","author":"ada","text":"hi"}'`, 'JSON'],
    ['call http://localhost:3000/events orders/create @order.json', 'JSON from a file'],
    ['call http://localhost:3000/events orders/create - < order.json', 'JSON from stdin'],
    [
      'call http://localhost:3000/events pay amount=10 --idempotency-key order-17',
      'Run once, however often called',
    ],
  ],
  builder: (yargs: Argv) =>
    urlPositional(jsonOption(serverOptions(yargs)))
      .positional('command', { type: 'string', demandOption: true, description: 'Its path: send, chat/send' })
      .positional('input', {
        type: 'string',
        array: true,
        default: [],
        description: 'JSON, key=value, @file or -',
      })
      .option('idempotency-key', {
        type: 'string',
        requiresArg: true,
        description: 'Calls with the same key run once, and get the first answer',
      }),
  run: async (args, session) => {
    const { output, signal, io } = session
    const key = args['idempotency-key']
    requireKey(key)
    const remote = await connect(args.url, args, session, {
      ...(key !== undefined && { fetch: keyedFetch(fetch, key) }),
    })
    try {
      const found = findProcedure(remote.document, args.command, 'command')
      const { path, procedure } = found
      const input = await inputFrom(procedure.input, `the input of "${path}"`, args.input, io)
      const result = await commandOf(remote.client, found)(input, { signal }).catch((error: unknown) => {
        if (!isRefusal(error)) throw error
        if (!args.json) throw refused(path, error, output)
        return error
      })
      if (isRefusal(result)) {
        await output.note(JSON.stringify(refusalJson(result)))
        return exitCode.refused
      }
      if (result === undefined) {
        if (io.stdout.isTTY) await output.note(output.noteColors.dim(`${path} succeeded`))
      } else if (args.json || !io.stdout.isTTY) await output.printJson(result)
      else await output.print(jsonText(result, output.colors))
      return undefined
    } finally {
      remote.close()
    }
  },
})

/** Returns a `fetch` that calls commands with a key of the user's in place of the client's. */
function keyedFetch(fetch: typeof globalThis.fetch, key: string): typeof globalThis.fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers)
    if (headers.has('idempotency-key')) headers.set('idempotency-key', key)
    return fetch(input, { ...init, headers })
  }
}

function requireKey(key: string | undefined): void {
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return
  throw new UsageError(
    `--idempotency-key is not a key: "${key}". Use 1 to 255 letters, digits and punctuation`,
  )
}
