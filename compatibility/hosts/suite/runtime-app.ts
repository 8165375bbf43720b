import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, until } from '@tidings/test-kit'
import type { RunningHost } from './host.js'
import { appsFolder, onPort } from './node-app.js'

/** The command of a runtime, to which the path of an app is appended. */
export type RuntimeCommand = readonly [executable: string, ...args: string[]]

export interface ProcessOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** What the runtime prints while it serves, whatever the app does. */
  readonly ignores?: RegExp
}

/** Runs an app with a runtime, on a free port. */
export async function startRuntimeApp(
  [executable, ...args]: RuntimeCommand,
  file: string,
  options: ProcessOptions = {},
): Promise<RunningHost> {
  const port = await freePort()
  const copy = join(appsFolder, `.run-${port}-${file}`)
  await writeFile(copy, onPort(await readFile(join(appsFolder, file), 'utf8'), port))
  try {
    return await startProcess([executable, ...args, copy], port, options)
  } finally {
    await rm(copy)
  }
}

/** Runs a command that serves on a port of 127.0.0.1, and resolves when it does. */
export async function startProcess(
  [executable, ...args]: RuntimeCommand,
  port: number,
  { cwd, env, ignores }: ProcessOptions = {},
): Promise<RunningHost> {
  const child = spawn(executable, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd ? { cwd } : {}),
  })
  let printed = ''
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  const exited = once(child, 'exit')
  let isOver = false
  void exited.then(() => {
    isOver = true
  })
  const origin = `http://127.0.0.1:${port}`
  const isReady = async () => isOver || (await fetch(`${origin}/events/$health`)).ok
  await until(isReady, () => `${executable} ${args.join(' ')} served requests. It printed: ${printed}`)
  if (isOver) throw new Error(`${executable} ${args.join(' ')} ended: ${printed}`)
  // What was printed until now is the runtime's.
  const { length } = printed
  return {
    origin,
    printed: () => {
      const since = printed.slice(length)
      return ignores ? since.replace(ignores, '') : since
    },
    async stop() {
      // Some runtimes wait for open connections on any other signal.
      child.kill('SIGKILL')
      await exited
    },
  }
}
