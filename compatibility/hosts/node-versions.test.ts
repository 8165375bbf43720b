import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { hostSuite } from './suite/host-suite.js'
import { nodeRelease } from './suite/node-versions.js'
import { startRuntimeApp } from './suite/runtime-app.js'

const [node22, node24, node26] = [nodeRelease(22), nodeRelease(24), nodeRelease(26)]

it.each([node22, node24, node26].filter(({ isInstalled }) => isInstalled))(
  'runs Node $version',
  ({ version, command: [executable] }) => {
    expect(spawnSync(executable, ['--version'], { encoding: 'utf8' }).stdout).toBe(`v${version}\n`)
  },
)

hostSuite('Node 22', {
  ...node22,
  files: ['http.ts'],
  start: () => startRuntimeApp(node22.command, 'http.ts'),
})

hostSuite('Node 24', {
  ...node24,
  files: ['http.ts'],
  start: () => startRuntimeApp(node24.command, 'http.ts'),
})

hostSuite('Node 26', {
  ...node26,
  files: ['http.ts'],
  start: () => startRuntimeApp(node26.command, 'http.ts'),
})
