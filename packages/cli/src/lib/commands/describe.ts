import type { Argv } from 'yargs'
import { defineCommand } from '../command.js'
import { loadContract } from '../contract-source.js'
import { documentText } from '../document-text.js'
import { sourceOptions, sourcePositional } from '../shared-options.js'

export const describe = defineCommand({
  usage: 'describe <source>',
  summary: 'Print what a server offers',
  description: 'Print what a server offers: its procedures with the schemas of their values, as JSON.',
  examples: [
    ['describe https://example.org/events --pretty', 'What a server offers, for people'],
    ['describe contract.ts > contract.json', 'The description of a contract, without a server'],
  ],
  builder: (yargs: Argv) =>
    sourceOptions(sourcePositional(yargs)).option('pretty', {
      type: 'boolean',
      default: false,
      description: 'Print readable text in place of JSON',
    }),
  run: async (args, session) => {
    const { document } = await loadContract(args.source, args, session)
    const { output } = session
    await output.print(args.pretty ? documentText(document, output) : JSON.stringify(document, null, 2))
    return undefined
  },
})
