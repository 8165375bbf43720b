import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Registers a function to call at the end of a test. */
export type AtEnd = (stop: () => Promise<unknown>) => void

const atEndOfTest: AtEnd = (stop) =>
  onTestFinished(async () => {
    await stop()
  })

/** Starts the built server on a free port of 127.0.0.1. */
export async function startPrices(env: NodeJS.ProcessEnv = {}, atEnd = atEndOfTest) {
  const server = spawn(process.execPath, [join(import.meta.dirname, '../dist/server.js')], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', CHANGES: '', SEED: '', SLOW_BYTES: '', ...env },
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
  const stop = () => {
    if (server.exitCode === null) server.kill()
    return exited
  }
  atEnd(stop)
  await Promise.race([
    once(server.stdout, 'data'),
    exited.then((code) => Promise.reject(new Error(`The server ended with ${code}: ${errors}`))),
  ])
  const port = /localhost:(\d+)$/m.exec(output)?.[1]
  return { address: `http://127.0.0.1:${port}`, log: () => output, errors: () => errors, stop }
}
