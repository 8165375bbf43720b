import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../dist/src/runs/bench.js', import.meta.url))

// A reader fails if an event is missing, double or out of order.
test('reads runs to their ends, and reports what they cost', async () => {
  const args = ['--only', 'live', '--rounds', '1', '--engines', 'memory', '--readers', 'client']
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args])
  expect(stdout).toMatch(/\| awaited emits +\| +client \| memory \| +[\d.]+ µs/)
  expect(stdout).toMatch(/\| client +\| memory \| +[\d.]+ ms/)
})

test('rejects an unknown part with a list of all', async () => {
  const run = promisify(execFile)(process.execPath, [script, '--only', 'nothing'])
  await expect(run).rejects.toThrow(/There is no nothing\. Choose of: live, unread/)
})
