import { once } from 'node:events'
import { listen, until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { commands } from '../src/lib/program.js'
import { directoryWith } from './directory.js'
import { begin, run, spawnCli } from './run-cli.js'

/** Starts a server that never answers. */
async function startSilent() {
  let requests = 0
  const { origin } = await listen(() => {
    requests += 1
  })
  return { url: `${origin}/events`, isAsked: () => requests > 0 }
}

it('suggests the command that a mistyped one means, with exit code 2', async () => {
  expect(await run(['desribe'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error: Unknown command "desribe". Did you mean describe?\nTry: tidings --help\n',
  })
})

it('prints its version', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' })
})

it('lists each command in its help, and has help with examples for each', async () => {
  const { stdout } = await run(['--help'])
  for (const { usage, summary } of commands) {
    const [name = ''] = usage.split(' ')
    expect(stdout.replace(/\s+/g, ' ')).toContain(summary)
    const help = await run([name, '--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toContain(`Examples:\n  # `)
  }
})

it('prints what caused an error if it is asked to', async () => {
  const argv = ['describe', 'package.json/contract.json']
  const { stderr } = await run(argv)
  expect(stderr).toMatch(/^error: Cannot read package\.json\/contract\.json: ENOTDIR[^\n]*\n$/)
  for (const verbose of [run([...argv, '--verbose']), run(argv, { env: { DEBUG: '1' } })]) {
    expect((await verbose).stderr).toContain("code: 'ENOTDIR'")
  }
})

it('ends a command that is interrupted', async () => {
  const { url, isAsked } = await startSilent()
  const running = begin(['describe', url])
  await until(isAsked, 'the server was asked')
  running.interrupt()
  expect(await running.ended).toEqual({ code: 130, stdout: '', stderr: '' })
})

describe('in a process of its own', () => {
  it('ends at SIGINT with exit code 130', async () => {
    const { url, isAsked } = await startSilent()
    const child = spawnCli(['describe', url])
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk)
    })
    await until(isAsked, 'the server was asked')
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
    expect(stderr).toBe('')
  })

  it('ends silently when nothing reads its output any more', async () => {
    const procedures = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`procedure${index}`, { kind: 'command', errors: {} }]),
    )
    const cwd = await directoryWith({ 'contract.json': JSON.stringify({ tidings: 1, hash: '', procedures }) })
    const child = spawnCli(['describe', 'contract.json'], { cwd })
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk)
    })
    await once(child.stdout, 'data')
    child.stdout.destroy()
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(stderr).toBe('')
  })
})
