import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { freePort, until } from '@tidings/test-kit'
import { type Certificate, fetchOver } from './certificate.js'
import type { RunningHost } from './host.js'

/** Where Node finds it whatever the folder that an app runs in. */
const tsx = import.meta.resolve('tsx')

export const appsFolder = join(import.meta.dirname, '../apps')

/** Returns the version of an installed package. */
export function versionOf(name: string): string {
  const require = createRequire(import.meta.url)
  const folders = require.resolve.paths(name) ?? []
  for (const folder of folders) {
    try {
      return (require(join(folder, name, 'package.json')) as { version: string }).version
    } catch {
      // The package is in a folder further up.
    }
  }
  throw new Error(`The package ${name} is not installed`)
}

/** Returns the versions of Node that the packages support, as the package says. */
export function nodeVersion(): string {
  const require = createRequire(import.meta.url)
  return (require('@tidings/server/package.json') as { engines: { node: string } }).engines.node
}

/** Has an app listen on a port of 127.0.0.1 instead of port 3000. */
export function onPort(code: string, port: number): string {
  const moved = code
    .replace('listen(3000', `listen(${port}, '127.0.0.1'`)
    .replace('port: 3000', `port: ${port}, host: '127.0.0.1', hostname: '127.0.0.1'`)
  if (moved === code) throw new Error('The app does not listen on port 3000')
  return moved
}

export interface NodeAppOptions {
  /** Other packages for those that the app imports: `{ express: 'express-4' }`. */
  readonly imports?: Readonly<Record<string, string>>
  /** Runs the app in the folder of a certificate, and makes requests over TLS, with HTTP/2 or without. */
  readonly tls?: { readonly certificate: Certificate; readonly allowH2: boolean }
}

/** Runs an app in a process of Node, on a free port. */
export async function startNodeApp(file: string, options: NodeAppOptions = {}): Promise<RunningHost> {
  const port = await freePort()
  let code = onPort(await readFile(join(appsFolder, file), 'utf8'), port)
  for (const [name, other] of Object.entries(options.imports ?? {})) {
    code = code.replace(`from '${name}'`, `from '${other}'`)
  }
  const copy = join(appsFolder, `.run-${port}-${file}`)
  await writeFile(copy, code)
  const { tls } = options
  const child = spawn(process.execPath, ['--conditions=@tidings/source', `--import=${tsx}`, copy], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(tls ? { cwd: tls.certificate.folder } : {}),
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
  await until(isReady, () => `${file} served requests. It printed: ${printed}`)
  await rm(copy)
  if (isOver) throw new Error(`${file} ended: ${printed}`)
  const { length } = printed
  return {
    origin,
    fetch: request,
    printed: () => printed.slice(length),
    async stop() {
      child.kill()
      await exited
      await secure?.close()
    },
  }
}
