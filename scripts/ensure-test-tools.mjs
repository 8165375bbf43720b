// Makes sure of what the tests need beyond npm. On Debian, as root, it installs what is missing; elsewhere it says what
// is missing and how to get it, in one line each. With CI=true nothing may be missing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const tools = [
  {
    name: 'Chromium',
    path: process.env.TIDINGS_CHROMIUM ?? '/usr/bin/chromium',
    packages: ['chromium', 'fonts-liberation'],
    without: 'the tests in a browser are skipped',
  },
]

const isRootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version')

function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return (
    spawnSync('apt-get', ['-q', '-y', ...args], { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0
  )
}

const missing = tools.filter((tool) => !existsSync(tool.path))
if (missing.length > 0 && isRootOnDebian) {
  const packages = missing.flatMap((tool) => tool.packages)
  console.log(`Installing ${packages.join(', ')} for the tests`)
  aptGet('update')
  aptGet('install', '--no-install-recommends', ...packages)
}

const stillMissing = missing.filter((tool) => !existsSync(tool.path))
const isCi = process.env.CI === 'true'
for (const { name, path, packages, without } of stillMissing) {
  const consequence = isCi ? 'With CI=true it has to be there' : `Without it ${without}`
  console.error(
    `${name} is missing (${path}). ${consequence}. Get it with: sudo apt-get install ${packages.join(' ')}`,
  )
}
if (isCi && stillMissing.length > 0) process.exit(1)
