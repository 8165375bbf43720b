// Runs the tests of every package, those after a failure included, and names the tests that failed, or passed only when run
// again, after all output. Its arguments are turbo's.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const directory = mkdtempSync(join(tmpdir(), 'tidings-tests-'))
const failures = join(directory, 'failures')
writeFileSync(failures, '')
const args = ['--concurrency=2', '--log-order=grouped', '--continue=dependencies-successful']
const { status, error } = spawnSync('turbo', ['run', 'test', ...args, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, TIDINGS_FAILURES: failures },
  shell: process.platform === 'win32',
})
if (error) console.error(error)
const list = readFileSync(failures, 'utf8')
rmSync(directory, { recursive: true })
if (list !== '') console.error(`\nThese tests failed, if only at first:\n${list}`)
process.exit(status ?? 1)
