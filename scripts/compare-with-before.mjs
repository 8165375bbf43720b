// Prints what the client weighs and what an event costs it, beside the same figures of the commit before, or of the
// commit that is given: node scripts/compare-with-before.mjs v0.1.0
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const commit = process.argv[2] ?? 'HEAD^'
const root = join(import.meta.dirname, '..')
// Below the root, so that it finds what is installed there.
const before = join(root, 'node_modules', '.cache', 'tidings-before')
const run = (command, args, cwd = root, stdio = 'inherit') =>
  execFileSync(command, args, { cwd, stdio, maxBuffer: 1e9, shell: process.platform === 'win32' })

try {
  run('git', ['rev-parse', '--verify', '--quiet', `${commit}^{commit}`], root, 'ignore')
} catch {
  console.log(`There is no ${commit} to compare with, as in a clone without history`)
  process.exit(0)
}
rmSync(before, { recursive: true, force: true })
mkdirSync(join(before, 'node_modules', '@tidings'), { recursive: true })
try {
  const packages = ['core', 'client']
  const paths = [
    'package.json',
    'tsconfig.json',
    'tsup.preset.ts',
    ...packages.map((name) => `packages/${name}`),
  ]
  execFileSync('tar', ['-x', '-C', before], {
    input: execFileSync('git', ['archive', commit, ...paths], { cwd: root, maxBuffer: 1e9 }),
  })
  for (const name of packages) {
    symlinkSync(join(before, 'packages', name), join(before, 'node_modules', '@tidings', name), 'dir')
    const installed = join(root, 'packages', name, 'node_modules')
    if (existsSync(installed)) symlinkSync(installed, join(before, 'packages', name, 'node_modules'), 'dir')
  }
  console.log(`Before: ${run('git', ['log', '-1', '--format=%h %s', commit], root, 'pipe')}`)
  run('npm', ['run', '--silent', 'sizes', '--workspace=@tidings/client', '--', before])
  for (const name of packages) run('npx', ['tsup', '--no-dts', '--silent'], join(before, 'packages', name))
  const bench = ['--hosts', 'node', '--only', 'tidings', '--scenario', 'burst-20,topics-300', '--rounds', '1']
  run('npm', ['run', '--silent', 'bench:client', '--', ...bench, '--before', before])
} catch (error) {
  // The figures inform, and do not decide: a commit that cannot be built any more fails nothing.
  console.error(`Could not compare with ${commit}: ${error.message}`)
} finally {
  rmSync(before, { recursive: true, force: true })
}
