// Checks for the tools that the tests need beyond npm. On Debian, as root, it installs missing tools;
// elsewhere it prints how to get each. With CI=true a missing tool is an error.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const tools = [
  {
    name: 'Chromium',
    path: process.env.TIDINGS_CHROMIUM ?? '/usr/bin/chromium',
    packages: ['chromium', 'fonts-liberation'],
    without: 'the tests in a browser are skipped',
  },
  {
    name: 'nginx',
    path: process.env.TIDINGS_NGINX ?? '/usr/sbin/nginx',
    packages: ['nginx'],
    service: 'nginx',
    without: 'the tests behind nginx are skipped',
  },
  {
    name: 'Redis',
    path: process.env.TIDINGS_REDIS ?? '/usr/bin/redis-server',
    packages: ['redis-server'],
    service: 'redis-server',
    without: 'the tests with Redis and of the cluster are skipped',
  },
  {
    name: 'HAProxy',
    path: process.env.TIDINGS_HAPROXY ?? '/usr/sbin/haproxy',
    packages: ['haproxy'],
    service: 'haproxy',
    without: 'the tests behind HAProxy are skipped',
  },
  {
    name: 'Squid',
    path: process.env.TIDINGS_SQUID ?? '/usr/sbin/squid',
    packages: ['squid'],
    service: 'squid',
    without: 'the tests behind Squid are skipped',
  },
  {
    name: 'Python',
    path: process.env.TIDINGS_PYTHON ?? '/usr/bin/python3',
    packages: ['python3'],
    without: 'the tests of the Python client are skipped',
  },
  {
    name: 'Apache httpd',
    path: process.env.TIDINGS_APACHE ?? '/usr/sbin/apache2',
    packages: ['apache2-bin'],
    without: 'the tests behind Apache httpd are skipped',
  },
  {
    name: 'OpenSSL',
    path: '/usr/bin/openssl',
    packages: ['openssl'],
    without: 'the tests behind nginx are skipped, because it makes their certificate',
  },
]

const isRootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version')

function run(command, ...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env })
}

/**
 * Installs packages without starting their services: Debian's nginx would listen on port 80, Redis on 6379.
 * An existing policy for services, as in every container image, stays.
 */
function install(packages) {
  const policy = '/usr/sbin/policy-rc.d'
  const isOurs = !existsSync(policy)
  if (isOurs) {
    // With a handler, an interrupt waits until apt-get has ended and the policy is removed.
    process.on('SIGINT', () => process.exit(130))
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  }
  try {
    run('apt-get', '-q', '-y', 'install', '--no-install-recommends', ...packages)
  } finally {
    if (isOurs) rmSync(policy)
  }
}

/**
 * Installs the releases of Node that the tests of `compatibility/hosts` run, from the npm registry: 155 MB. They are no
 * dependencies, because `npm ci` would link one of them as `node_modules/.bin/node`, which every npm script would run.
 */
async function installNodeVersions() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return
  const folder = new URL('../compatibility/hosts/node-versions/', import.meta.url)
  const read = (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
  const { packages } = read('package-lock.json')
  const isInstalled = ([path, { version }]) =>
    path === '' ||
    (existsSync(new URL(`${path}/bin/node`, folder)) && read(`${path}/package.json`).version === version)
  if (Object.entries(packages).every(isInstalled)) return
  console.log('Installing Node 22, 24 and 26 for the tests')
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [status] = await once(npm, 'exit')
  if (status === 0) return
  console.error('Node 22, 24 and 26 could not be installed. Without them, their tests are skipped')
  if (process.env.CI === 'true') process.exit(1)
}

// While apt-get downloads.
const nodeVersions = installNodeVersions()

const missing = tools.filter((tool) => !existsSync(tool.path))
if (missing.length > 0 && isRootOnDebian) {
  const packages = missing.flatMap((tool) => tool.packages)
  console.log(`Installing ${packages.join(', ')} for the tests`)
  run('apt-get', '-q', 'update')
  install(packages)
  // The services must not start at the next boot either.
  for (const { path, service } of missing) {
    if (service && existsSync(path)) run('update-rc.d', service, 'disable')
  }
}

await nodeVersions

const stillMissing = missing.filter((tool) => !existsSync(tool.path))
const isCi = process.env.CI === 'true'
for (const { name, path, packages, without } of stillMissing) {
  const consequence = isCi ? 'With CI=true it is required' : `Without it ${without}`
  console.error(
    `${name} is missing (${path}). ${consequence}. Get it with: sudo apt-get install ${packages.join(' ')}`,
  )
}
if (isCi && stillMissing.length > 0) process.exit(1)
