import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.js'
import { until } from './until.js'

/** A `redis-server` process with its own data directory. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Stops the process, which keeps its connections, until `resume`. */
  pause(): void
  resume(): void
  /** Kills the server and starts it again, with the data it had written to disk or with none. */
  restart(options: { keepData: boolean }): Promise<void>
  /** Cuts every connection to the server. */
  cutConnections(): void
  stop(): Promise<void>
}

const executablePath = process.env['TIDINGS_REDIS'] ?? '/usr/bin/redis-server'

/** The servers that run. None outlives the process that started it. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
// Vitest ends a worker that has left something open with this signal, and without a handler there is no `exit`.
process.once('SIGTERM', () => process.exit(143))

/** Whether there is a Redis to test with. With `CI=true` there has to be. */
export const hasRedis = existsSync(executablePath) || process.env['CI'] === 'true'

export interface RedisServerOptions {
  /** Further settings: `['--appendonly', 'yes']`. */
  readonly args?: readonly string[]
  /** The path of a configuration file. */
  readonly file?: string
  /** Defaults to a free port. */
  readonly port?: number
}

export async function startRedis({
  args = [],
  file,
  port: given,
}: RedisServerOptions = {}): Promise<RedisServer> {
  const port = given ?? (await freePort())
  const directory = await mkdtemp(join(tmpdir(), 'tidings-redis-'))
  let child: ChildProcess
  const start = async () => {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
    // Sends a replica its data at once, instead of waiting for more replicas.
    if (!file) settings.push('--repl-diskless-sync-delay', '0')
    // A Sentinel keeps nothing.
    const all = [...(file ? [file] : []), ...settings, ...(file ? [] : ['--save', '']), ...args]
    const started = spawn(executablePath, all, { stdio: 'ignore' })
    child = started
    running.add(started)
    started.on('exit', () => running.delete(started))
    await answers(port, child)
  }
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async restart({ keepData }) {
      await kill()
      if (!keepData) await rm(directory, { recursive: true, force: true })
      await mkdir(directory, { recursive: true })
      await start()
    },
    cutConnections() {
      const socket = connect(port, '127.0.0.1', () => {
        socket.end('CLIENT KILL TYPE normal SKIPME yes\r\nCLIENT KILL TYPE pubsub\r\n')
      })
      socket.on('error', () => {})
    },
    async stop() {
      await kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Waits until a server answers to PING. */
async function answers(port: number, child: ChildProcess): Promise<void> {
  const hasEnded = () => child.exitCode !== null
  await until(async () => hasEnded() || (await isAlive(port)), 'redis-server answered')
  if (hasEnded()) throw new Error(`redis-server ended with ${child.exitCode}`)
}

function isAlive(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    const done = (alive: boolean) => {
      socket.destroy()
      resolve(alive)
    }
    socket.on('data', (data) => done(data.toString().startsWith('+PONG')))
    socket.on('error', () => done(false))
    socket.setTimeout(1_000, () => done(false))
  })
}
