import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { listenOnFreePort } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Seen } from './apps/use-client.js'
import { bunCommand, denoCommand } from './suite/binaries.js'
import { connect } from './suite/clients.js'
import { startNodeApp, versionOf } from './suite/node-app.js'
import { installedNode, nodeRelease } from './suite/node-versions.js'
import { pageText } from './suite/page.js'
import { startProxy } from './suite/proxy.js'
import { appsFolder, type RuntimeCommand } from './suite/runtime-app.js'
import { startWorker } from './suite/worker.js'

const run = promisify(execFile)

/** Runs the program of a client in a runtime, and resolves with what it printed. */
async function runClient([executable, ...args]: RuntimeCommand, url: string, cut: string): Promise<Seen> {
  const { stdout, stderr } = await run(executable, [...args, join(appsFolder, 'client.ts'), url, cut])
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Seen
}

/** Runs it in a Worker, whose response it is. */
async function runWorker(url: string, cut: string): Promise<Seen> {
  const worker = await startWorker('client-worker.ts', 'client-worker.capnp')
  onTestFinished(() => worker.stop())
  const response = await fetch(`${worker.origin}/?${new URLSearchParams({ url, cut })}`)
  return (await response.json()) as Seen
}

/** Starts a server on Node behind a proxy, and a server whose requests cut every connection through the proxy. */
async function startServers(): Promise<{ url: string; cut: string }> {
  const app = await startNodeApp('http.ts')
  onTestFinished(() => app.stop())
  const proxy = await startProxy(app.origin)
  const other = connect(app, 'other')
  const control = createServer(async (_request, response) => {
    proxy.cut()
    for (const text of ['while', 'away']) await other.send({ roomId: 'client', text })
    proxy.mend()
    response.end()
  })
  const port = await listenOnFreePort(control)
  onTestFinished(() => {
    control.closeAllConnections()
    control.close()
  })
  return { url: `${proxy.origin}/events`, cut: `http://127.0.0.1:${port}/` }
}

type Use = (url: string, cut: string) => Promise<Seen>

const nodeReleases = [installedNode, nodeRelease(22), nodeRelease(24), nodeRelease(26)]
  .filter(({ isInstalled }) => isInstalled)
  .map(({ version, command }): [name: string, version: string, use: Use] => [
    'Node',
    version,
    (url, cut) => runClient(command, url, cut),
  ])

describe.each<[name: string, version: string, use: Use]>([
  ...nodeReleases,
  ['Bun', versionOf('bun'), (url, cut) => runClient(bunCommand, url, cut)],
  ['Deno', versionOf('deno'), (url, cut) => runClient(denoCommand, url, cut)],
  ['workerd', versionOf('workerd'), runWorker],
])('the client in %s %s', (name, version, use) => {
  it('subscribes, resumes after all connections were cut, and runs commands and streams', async () => {
    const { url, cut } = await startServers()
    expect(await use(url, cut)).toEqual({
      received: ['snapshot ', 'before', 'while', 'away', 'after'],
      sent: { text: 'before', sentAt: new Date(0).toJSON() },
      refused: ['muted', 422, 60_000],
      counted: [1, 2, 3],
      output: { total: 3, at: new Date(0).toJSON() },
      errors: [],
    })
  })

  it('is listed in docs/runtimes.md', async () => {
    expect(await pageText()).toContain(`- ${name} ${version}\n`)
  })
})
