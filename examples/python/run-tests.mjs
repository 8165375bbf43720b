// Runs the tests of the Python client. Without Python they are skipped, except in CI.
import { spawnSync } from 'node:child_process'

const python = process.env.TIDINGS_PYTHON ?? '/usr/bin/python3'
const { error } = spawnSync(python, ['--version'])
if (error && process.env.CI !== 'true') {
  console.log(`${python} is missing: the tests of the Python client are skipped`)
  process.exit(0)
}
const { status } = spawnSync(python, ['-m', 'unittest', 'discover', '--start-directory', 'tests'], {
  cwd: import.meta.dirname,
  stdio: 'inherit',
  env: { ...process.env, PYTHONPATH: import.meta.dirname, PYTHONDONTWRITEBYTECODE: '1' },
})
process.exit(status ?? 1)
