import { describe as describeContract } from '@tidings/core/describe'
import { freePort } from '@tidings/test-kit'
import { expect, it } from 'vitest'
import { commands } from '../src/lib/program.js'
import { contract } from './chat-server.js'
import { directoryWith } from './directory.js'
import { run } from './run-cli.js'

/** Where nothing listens. It stands for a port that is free. */
const url = 'http://127.0.0.1:3000/events'

/** Mistakes for each command, with `contract.json` and `new.json` in the directory. */
const mistakes: Readonly<Record<string, readonly string[]>> = {
  '': ['', 'desribe', '--verison'],
  tail: [
    `tail ${url} chat/rom roomId=lobby --contract contract.json`,
    `tail ${url} chat/room room=lobby --contract contract.json`,
    `tail ${url} chat/room roomId=lobby`,
  ],
  call: [
    `call ${url} chat/sned --contract contract.json`,
    `call ${url} chat/send roomid=lobby text=hi --contract contract.json`,
    `call ${url} complete prompt=hi --contract contract.json`,
  ],
  run: [
    `run ${url} chat/send --contract contract.json`,
    `run ${url} complete promt=hi --contract contract.json`,
    `run ${url} complete @prompt.json --contract contract.json`,
  ],
  emit: [
    'emit chat/room roomId=lobby typin author=ada --redis redis://127.0.0.1:3000 --contract contract.json',
    'emit chat/room roomId=lobby typing author=ada --contract contract.json',
    'emit chat/room roomId=lobby typing author=ada --redis redis://127.0.0.1:3000 --contract contract.json --timeout 300ms',
  ],
  describe: ['describe', 'describe 127.0.0.1:3000/events', 'describe contract.jsn'],
  docs: [
    'docs contract.json',
    'docs contract.json --format yaml',
    'docs contract.json --format openapi --credentials api-key',
  ],
  snapshot: [
    'snapshot contract.json --chek',
    'snapshot contract.json --out kept.json --check',
    'snapshot contract.json --out no/contract.json',
  ],
  diff: ['diff contract.json', 'diff contract.json new.jsn', 'diff contract.json new.json --fail-on braking'],
  bench: [
    `bench ${url} chat/room --subscribers many --contract contract.json`,
    `bench ${url} chat/room roomId=lobby --subscriber 5 --contract contract.json`,
    `bench ${url} chat/rom --contract contract.json`,
  ],
  completion: ['completion', 'completion csh', 'completion bash zsh'],
  doctor: ['doctor', 'doctor 127.0.0.1:3000/events', `doctor ${url}`],
}

const document = JSON.stringify(describeContract(contract))

it.each(['', ...commands.map(({ usage }) => usage.split(' ', 1)[0] ?? '')])(
  'prints the help and the mistakes of "tidings %s" as the file has them',
  async (name) => {
    const cwd = await directoryWith({
      'contract.json': document,
      'new.json': document.replace('"typing"', '"types"'),
    })
    const port = String(await freePort())
    const print = async (line: string) => {
      const argv = line.replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`).split(' ').filter(Boolean)
      const { code, stdout, stderr } = await run(argv, { cwd, columns: 80 })
      const text = (stdout + stderr).replaceAll(`127.0.0.1:${port}`, '127.0.0.1:3000')
      return `$ tidings ${line}\n${text}${code === 0 ? '' : `(exit code ${code})\n`}`
    }
    const lines = [`${name} --help`.trim(), ...(mistakes[name] ?? [])]
    expect(lines.length, `mistakes of ${name}`).toBe(4)
    const printed: string[] = []
    for (const line of lines) printed.push(await print(line))
    await expect(printed.join('\n')).toMatchFileSnapshot(`usage/${name || 'tidings'}.txt`)
  },
)

it.each(commands)('begins each example of $usage with the command', ({ usage, examples }) => {
  const name = usage.split(' ', 1)[0]
  for (const [line] of examples) expect(line.split(' ', 1)[0]).toBe(name)
})
