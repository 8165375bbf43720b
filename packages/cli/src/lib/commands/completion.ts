import type { Argv } from 'yargs'
import { defineCommand } from '../command.js'
import { scripts, shells } from '../completion/scripts.js'

export const completion = defineCommand({
  usage: 'completion <shell>',
  summary: 'Print the script that completes words in a shell',
  description:
    'Print the script that completes words in a shell: commands and options, and the procedures and params of a ' +
    'server that describes its contract.',
  examples: [
    ['completion bash >> ~/.bashrc', 'In bash'],
    ['completion zsh >> ~/.zshrc', 'In zsh'],
    ['completion fish > ~/.config/fish/completions/tidings.fish', 'In fish'],
  ],
  builder: (yargs: Argv) =>
    yargs.positional('shell', { choices: shells, demandOption: true, description: 'The shell' }),
  run: async ({ shell }, { output }) => {
    await output.print(scripts[shell])
    return undefined
  },
})
