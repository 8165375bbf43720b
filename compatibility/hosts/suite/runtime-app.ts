import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, until } from '@tidings/test-kit'
import { type Certificate, fetchOver } from './certificate.js'
import type { RunningHost } from './host.js'

export const appsFolder = join(import.meta.dirname, '../apps')

/** The command of a runtime, to which the path of an app is appended. */
export type RuntimeCommand = readonly [executable: string, ...args: string[]]

export interface ProcessOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** What the runtime prints while it serves, whatever the app does. */
  readonly ignores?: RegExp
  /** Runs the command in the folder of a certificate, and makes requests over TLS, with HTTP/2 or without. */
  readonly tls?: { readonly certificate: Certificate; readonly allowH2: boolean }
}

export interface AppOptions extends ProcessOptions {
  /** Other packages for those that the app imports: `{ express: 'express-4' }`. */
  readonly imports?: Readonly<Record<string, string>>
}

/** Has an app listen on a port of 127.0.0.1 instead of port 3000. */
function onPort(code: string, port: number): string {
  const moved = code
    .replace('listen(3000', `listen(${port}, '127.0.0.1'`)
    .replace('port: 3000', `port: ${port}, host: '127.0.0.1', hostname: '127.0.0.1'`)
  if (moved === code) throw new Error('The app does not listen on port 3000')
  return moved
}

/** Runs an app with a runtime, on a free port. */
export async function startRuntimeApp(
  [executable, ...args]: RuntimeCommand,
  file: string,
  { imports = {}, ...options }: AppOptions = {},
): Promise<RunningHost> {
  const port = await freePort()
  let code = onPort(await readFile(join(appsFolder, file), 'utf8'), port)
  for (const [name, other] of Object.entries(imports)) {
    code = code.replace(`from '${name}'`, `from '${other}'`)
  }
  const copy = join(appsFolder, `.run-${port}-${file}`)
  await writeFile(copy, code)
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
  { env, ignores, tls, cwd = tls?.certificate.folder }: ProcessOptions = {},
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
  const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const secure = tls && fetchOver(tls.certificate, tls.allowH2)
  const request = secure?.fetch ?? fetch
  const isReady = async () => isOver || (await request(`${origin}/events/$health`, {})).ok
  await until(isReady, () => `${executable} ${args.join(' ')} served requests. It printed: ${printed}`)
  if (isOver) throw new Error(`${executable} ${args.join(' ')} ended: ${printed}`)
  // What was printed until now is the runtime's.
  const { length } = printed
  return {
    origin,
    fetch: request,
    printed: () => {
      const since = printed.slice(length)
      return ignores ? since.replace(ignores, '') : since
    },
    async stop() {
      // Some runtimes wait for open connections on any other signal.
      child.kill('SIGKILL')
      await exited
      await secure?.close()
    },
  }
}
