import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** Variables of the environment; undefined removes one. */
type Environment = Readonly<Record<string, string | undefined>>

/** Registers a function to call at the end of a test. */
export type AtEnd = (stop: () => Promise<unknown>) => void

const atEndOfTest: AtEnd = (stop) =>
  onTestFinished(async () => {
    await stop()
  })

/**
 * Starts the built server of an example on a free port of 127.0.0.1, and resolves when it has printed its address.
 *
 * @param atEnd where to register that the server ends; by default, at the end of the test
 * @throws Error with what the server wrote to stderr if it ends first
 */
export async function startBuilt(file: string, env: Environment = {}, atEnd = atEndOfTest) {
  const server = spawn(process.execPath, [file], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  server.stdout.on('data', (chunk) => {
    output += chunk
  })
  server.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const exited = once(server, 'exit').then(([code]) => code as number | null)
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    if (server.exitCode === null) server.kill(signal)
    return exited
  }
  atEnd(() => stop())
  await Promise.race([
    once(server.stdout, 'data'),
    exited.then((code) => Promise.reject(new Error(`The server ended with ${code}: ${errors}`))),
  ])
  const port = /localhost:(\d+)$/m.exec(output)?.[1]
  return { address: `http://127.0.0.1:${port}`, log: () => output, errors: () => errors, stop }
}
