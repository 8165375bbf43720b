import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@tidings/test-kit'
import { build } from 'esbuild'
import type { RunningHost } from './host.js'
import { appsFolder, startProcess } from './runtime-app.js'

const run = promisify(execFile)
const env = {
  ...process.env,
  NEXT_TELEMETRY_DISABLED: '1',
  NODE_ENV: 'production' as const,
  NODE_OPTIONS: '',
}

/** The workspace that has a version of Next: `next-15`. */
const folderOf = (workspace: string) => join(appsFolder, '../..', workspace)
const packageOf = (workspace: string) => {
  const require = createRequire(join(folderOf(workspace), 'package.json'))
  return require.resolve('next/package.json')
}

/** Returns the version of Next that a workspace has. */
export function nextVersion(workspace: string): string {
  return (createRequire(import.meta.url)(packageOf(workspace)) as { version: string }).version
}

/** Builds an app whose only route is `apps/next.ts`, and starts it as in production. */
export async function startNext(workspace: string): Promise<RunningHost> {
  const cwd = folderOf(workspace)
  const next = join(dirname(packageOf(workspace)), 'dist/bin/next')
  const folder = join(cwd, 'app/events/[[...path]]')
  await rm(join(cwd, 'app'), { recursive: true, force: true })
  // Next cannot resolve the sources of the packages, which import `./name.js` for `name.ts`.
  await build({
    entryPoints: { tidings: join(appsFolder, 'tidings.ts'), fetch: '@tidings/server/fetch' },
    outdir: folder,
    absWorkingDir: appsFolder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@tidings/source'],
    logLevel: 'error',
  })
  const route = await readFile(join(appsFolder, 'next.ts'), 'utf8')
  await writeFile(join(folder, 'route.js'), route.replace('@tidings/server/fetch', './fetch.js'))
  await run(process.execPath, [next, 'build'], { cwd, env })
  const port = await freePort()
  const start = [process.execPath, next, 'start', '--hostname', '127.0.0.1', '--port', String(port)] as const
  return startProcess(start, port, { cwd, env })
}
