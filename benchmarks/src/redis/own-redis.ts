import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { listenOnFreePort } from '../lib/free-port.js'

/** Starts a Redis of the benchmark's own, without persistence. */
export async function startRedis() {
  const probe = createServer()
  const port = await listenOnFreePort(probe as never)
  await new Promise((resolve) => probe.close(resolve))
  const directory = await mkdtemp(join(tmpdir(), 'tidings-bench-'))
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '']
  const child = spawn('redis-server', settings, { stdio: 'ignore' })
  const url = `redis://127.0.0.1:${port}`
  const client = createClient({ url, socket: { reconnectStrategy: 50 } }).on('error', () => {})
  await client.connect()
  return {
    url,
    client,
    async stop() {
      client.destroy()
      const exited = once(child, 'exit')
      child.kill()
      await exited
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Returns the CPU time of a Redis so far, in milliseconds. */
export async function cpuOf(client: { info(section: string): Promise<unknown> }): Promise<number> {
  const info = String(await client.info('cpu'))
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map((name) =>
    Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]),
  )
  return seconds.reduce((sum, value) => sum + value, 0) * 1_000
}
