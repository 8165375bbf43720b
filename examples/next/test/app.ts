import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort, until } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'

const next = join(dirname(createRequire(import.meta.url).resolve('next/package.json')), 'dist/bin/next')

/** A running app. */
export interface Running {
  readonly address: string
  /** Asks the app to stop, and resolves with its exit code. */
  stop(): Promise<number | null>
}

/** Starts the built app on a free port of 127.0.0.1, until the test is over. */
export async function startApp(): Promise<Running> {
  const port = await freePort()
  const child: ChildProcess = spawn(
    process.execPath,
    [next, 'start', '--hostname', '127.0.0.1', '--port', String(port)],
    {
      cwd: join(import.meta.dirname, '..'),
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', NEXT_TELEMETRY_DISABLED: '1' },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const stop = () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    return exited
  }
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const address = `http://127.0.0.1:${port}`
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`next start ended with ${child.exitCode}`)
    return (await fetch(`${address}/lobby`)).ok
  }, 'the app answered')
  return { address, stop }
}
