import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const dist = join(import.meta.dirname, '../dist')

/** A running program of the built example, and its first line of output. */
export interface Running {
  readonly line: string
  readonly errors: () => string
  stop(): Promise<number | null>
}

/** Registers a function to call at the end of a test. */
export type AtEnd = (stop: () => Promise<unknown>) => void

const atEndOfTest: AtEnd = (stop) =>
  onTestFinished(async () => {
    await stop()
  })

async function start(
  file: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  atEnd: AtEnd = atEndOfTest,
): Promise<Running> {
  const child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } = spawn(
    process.execPath,
    [join(dist, file), ...args],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const stop = () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    return exited
  }
  atEnd(stop)
  const line = await Promise.race([
    once(child.stdout, 'data').then(([chunk]) => String(chunk).trim()),
    exited.then((code) => Promise.reject(new Error(`${file} ended with ${code}: ${errors}`))),
  ])
  return { line, errors: () => errors, stop }
}

/** Starts the built chat on a port of 127.0.0.1, by default a free one. */
export async function startChat(
  port = 0,
  atEnd?: AtEnd,
): Promise<Running & { port: number; address: string }> {
  const running = await start('server.js', [], { PORT: String(port), HOST: '127.0.0.1' }, atEnd)
  const bound = Number(/:(\d+)$/.exec(running.line)?.[1])
  return { ...running, port: bound, address: `http://127.0.0.1:${bound}` }
}
