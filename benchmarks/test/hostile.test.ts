import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../dist/src/hostile/bench.js', import.meta.url))

test('attacks a server, which is alive afterwards', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    '--seconds',
    '1',
    '--only',
    'digits',
  ])
  expect(stdout).toContain('digits: sends a bigint of 900,000 digits')
  expect(stdout).toMatch(/\d × (?:200|400)/)
  expect(stdout).not.toMatch(/died|refused/)
})

test('rejects an unknown attack with a list of all', async () => {
  const run = promisify(execFile)(process.execPath, [script, '--only', 'nothing'])
  await expect(run).rejects.toThrow(/There is no nothing\. Attacks: unread, long-names/)
})
