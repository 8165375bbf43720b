import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe as describeContract } from '@tidings/core/describe'
import { freePort } from '@tidings/test-kit'
import { expect, it } from 'vitest'
import { contract, startServer } from './chat-server.js'
import { directoryWith } from './directory.js'
import { run } from './run-cli.js'

/** Returns what the program gives a shell for a line. */
async function completed(shell: string, line: string, cwd?: string): Promise<string[]> {
  const { code, stdout, stderr } = await run(['__complete', shell, line], cwd === undefined ? {} : { cwd })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.split('\n').filter(Boolean)
}

it.each<[string, string[]]>([
  ['tidings de', ['describe']],
  ['tidings d', ['describe', 'docs', 'diff', 'doctor']],
  ['tidings docs contract.ts --fo', ['--format']],
  ['tidings docs contract.ts --format ', ['asyncapi', 'openapi']],
  ['tidings docs contract.ts --format a', ['asyncapi']],
  ['tidings docs contract.ts --format openapi --f', []],
  ['tidings describe ', []],
  ['tidings nothing ', []],
  ['tidings -', ['--help', '--version']],
])('completes "%s"', async (line, expected) => {
  expect(await completed('zsh', line)).toEqual(expected)
})

it('completes procedures, params and events of a described contract', async () => {
  const url = await startServer()
  expect(await completed('zsh', `tidings tail ${url} `)).toEqual(['chat/room'])
  expect(await completed('zsh', `tidings tail ${url} chat/room `)).toEqual(['roomId='])
  expect(await completed('zsh', `tidings tail ${url} chat/room roomId=lobby `)).toEqual([])
  expect(await completed('zsh', `tidings call --timeout 5s ${url} chat/send roomId=1 t`)).toEqual(['text='])
  expect(await completed('zsh', `tidings run ${url} c`)).toEqual(['complete'])
  expect(await completed('fish', `tidings tail ${url} chat/room ro`)).toEqual(['roomId='])
  // bash has taken the part before the last colon as a word of its own.
  expect(await completed('bash', `tidings call ${url} chat/s`)).toEqual(['chat/send'])
  const cwd = await directoryWith({ 'contract.json': JSON.stringify(describeContract(contract)) })
  const emit = 'tidings emit --contract contract.json chat/room'
  expect(await completed('zsh', `${emit} roomId=a `, cwd)).toEqual(['message', 'typing', 'cleared'])
  expect(await completed('zsh', `tidings tail http://127.0.0.1:${await freePort()}/events `)).toEqual([])
})

it('prints scripts that the shell can read', async () => {
  const { stdout } = await run(['completion', 'bash'])
  // A stand-in for the program, which shows what bash asks it and what bash makes of the answer.
  const script = `tidings() { echo "$3" >&2; echo roomId=; }
${stdout}
COMP_LINE='tidings tail http://localhost:3000/events room ro more' COMP_POINT=48
_tidings
echo "\${COMPREPLY[@]}"`
  const ended = await promisify(execFile)('bash', ['--norc', '-c', script])
  expect(ended).toMatchObject({ stdout: 'roomId=\n' })
  expect((await run(['completion', 'zsh'])).stdout).toContain('compdef _tidings tidings')
  expect((await run(['completion', 'fish'])).stdout).toContain(`
        printf '%s\\n' $all
    else
        __fish_complete_path (commandline -ct)
`)
})
