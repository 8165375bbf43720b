import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@tidings/test-kit'
import { build } from 'esbuild'
import { workerdPath } from './binaries.js'
import type { RunningHost } from './host.js'
import { appsFolder, startProcess } from './runtime-app.js'

/** Bundles a Worker, and runs it in workerd on a free port. */
export async function startWorker(file: string, config: string): Promise<RunningHost> {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-worker-'))
  const remove = () => rm(folder, { recursive: true })
  try {
    await build({
      entryPoints: [join(appsFolder, file)],
      outfile: join(folder, 'worker.js'),
      bundle: true,
      format: 'esm',
      target: 'es2022',
      conditions: ['@tidings/source', 'workerd', 'worker', 'browser'],
      logLevel: 'error',
    })
    const port = await freePort()
    const path = join(folder, config)
    const text = await readFile(join(appsFolder, config), 'utf8')
    await writeFile(path, text.replace('127.0.0.1:3000', `127.0.0.1:${port}`))
    const app = await startProcess([workerdPath(), 'serve', path], port)
    const stop = async () => {
      await app.stop()
      await remove()
    }
    return { ...app, fetch: throughCloudflare, stop }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Makes a request with the header that Cloudflare adds in front of a Worker. */
const throughCloudflare: typeof fetch = (url, init) => {
  const headers = new Headers(init?.headers)
  headers.set('cf-connecting-ip', '127.0.0.1')
  return fetch(url, { ...init, headers })
}
