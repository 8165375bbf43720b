import { expect, it } from 'vitest'
import { run, spawned } from './run-cli.js'

it('suggests the command that a mistyped one means, with exit code 2', async () => {
  expect(await run(['desribe'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error: Unknown command "desribe". Did you mean describe?\nTry: tidings --help\n',
  })
})

it('runs in a process of its own', async () => {
  expect(await spawned(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' })
})
