import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'

/**
 * Answers requests for `/` with a page that runs a script of this folder, and those for `/worker-client.js` with another; all
 * others are for someone else.
 */
export async function pageServer(
  entry: string,
  headers: Record<string, string> = {},
  worker?: 'worker-client.ts',
): Promise<RequestListener> {
  const scripts = new Map([['/page.js', await bundle(entry)]])
  if (worker) scripts.set('/worker-client.js', await bundle(worker))
  return (request, response) => {
    const script = scripts.get(request.url ?? '')
    if (script !== undefined) response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    if (request.url !== '/') return
    response.writeHead(200, { 'content-type': 'text/html', ...headers })
    response.end('<!doctype html><title>Client</title><script type="module" src="/page.js"></script>')
  }
}

/** Bundles a page's script for browsers, which fails if anything in it needs Node. */
async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    conditions: ['@tidings/source'],
  })
  return outputFiles[0]?.text ?? ''
}
