import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('ignored-emits.ts', import.meta.url))
const node = ['--import', 'tsx', '--conditions=@tidings/source', script]

it.each([
  'the client of a stream has left',
  'the client of a stream does not read',
  'a stream is over',
  'a source was stopped',
  'the server was closed',
  'an emitter was closed',
  'the bus cannot be reached',
])('an emit that nothing awaits leaves the process running where %s', async (scenario) => {
  const { stderr } = await promisify(execFile)(process.execPath, [...node, scenario], { timeout: 30_000 })
  expect(stderr).toBe('')
})
