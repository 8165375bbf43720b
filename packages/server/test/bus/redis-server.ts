import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A `redis-server` of the tests' own, with a data directory of its own. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Stops it from running, and lets it go on. */
  pause(): void
  resume(): void
  /** Kills it and starts it again, with what it had written to disk or with nothing. */
  restart(options: { keepData: boolean }): Promise<void>
  /** Cuts every connection to it. */
  cutConnections(): void
  stop(): Promise<void>
}

const executablePath = process.env['TIDINGS_REDIS'] ?? '/usr/bin/redis-server'

/** Those that run: none outlives the process that has started it. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
// Vitest ends a worker that has left something open with this signal, and without a handler there is no `exit`.
process.once('SIGTERM', () => process.exit(143))

/** Whether there is a Redis to test with. With `CI=true` there has to be. */
export const hasRedis = existsSync(executablePath) || process.env['CI'] === 'true'

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || !address) throw new Error('no port is free')
  return address.port
}

/** What a server is started with. */
export interface RedisServerOptions {
  /** Further settings: `['--appendonly', 'yes']`. */
  readonly args?: readonly string[]
  /** A configuration file of its own. */
  readonly file?: string
  /** Where it listens, if not on a free port. */
  readonly port?: number
}

/** Starts a server. */
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
    // A replica need not wait for others.
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
  const deadline = Date.now() + 20_000
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`)
    if (await isAlive(port)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('redis-server did not answer within 20 s')
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
