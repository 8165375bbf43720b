import type { Argv } from 'yargs'
import { defineCommand } from '../command.js'
import { loadContract } from '../contract-source.js'
import { serverOptions } from '../shared-options.js'

export const describe = defineCommand({
  usage: 'describe <source>',
  summary: 'Print what a server offers',
  description:
    'Print what a server offers, as JSON. <source> is the URL of a server, or a file with its contract: .json, .ts or .js.',
  examples: [['describe https://example.org/events', 'The contract of a server']],
  builder: (yargs: Argv) => serverOptions(yargs).positional('source', { type: 'string', demandOption: true }),
  run: async (args, session) => {
    const { document } = await loadContract(args.source, args, session)
    await session.output.print(JSON.stringify(document, null, 2))
    return undefined
  },
})
