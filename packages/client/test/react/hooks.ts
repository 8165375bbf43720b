import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { until } from '@tidings/test-kit'
import { openTab, type sharedChromium } from '@tidings/test-kit/chromium'
import { build } from 'esbuild'
import { expect } from 'vitest'
import { startServer } from '../harness.js'
import type { HooksPage } from './page.js'

/** The versions of React that the hooks are tested with, each with the folder that has it. */
export const reacts = {
  'React 19': import.meta.dirname,
  'React 18': join(import.meta.dirname, '../../../../compatibility/react-18'),
} as const

/** Returns what esbuild resolves React to, of the version that a folder has. */
export function aliasesOf(folder: string): Record<string, string> {
  const { resolve } = createRequire(join(folder, 'package.json'))
  const packageOf = (name: string) => dirname(resolve(`${name}/package.json`))
  return { react: packageOf('react'), 'react-dom': packageOf('react-dom') }
}

const bundles = new Map<string, Promise<string>>()

/** Bundles the page with one version of React, in development, where StrictMode repeats effects. */
function bundle(folder: string): Promise<string> {
  const built = build({
    entryPoints: [join(import.meta.dirname, 'page.tsx')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: aliasesOf(folder),
    conditions: ['@tidings/source'],
  }).then(({ outputFiles }) => outputFiles[0]?.text ?? '')
  return built
}

type ServerOf = typeof startServer

/** A real server, and a page of it with one version of React that shows components in StrictMode. */
export async function openHooks(
  newContext: ReturnType<typeof sharedChromium>,
  folder: string,
  handlers: Parameters<ServerOf>[0] = {},
  options: Parameters<ServerOf>[1] = {},
) {
  const script = bundles.get(folder) ?? bundle(folder)
  bundles.set(folder, script)
  const text = await script
  const server = await startServer(handlers, {
    ...options,
    before(request, response) {
      options.before?.(request, response)
      if (request.url === '/page.js') {
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(text)
      }
      if (request.url !== '/') return
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<!doctype html><title>Hooks</title><script type="module" src="/page.js"></script>')
    },
  })
  const page = await openTab(await newContext(), server.origin)
  await page.waitForFunction(() => 'page' in globalThis)
  const evaluate = <Result>(use: (page: HooksPage) => Result) =>
    page.evaluate(`(${String(use)})(globalThis.page)`) as Promise<Awaited<Result>>
  const show = (name: string, props: object = {}) =>
    page.evaluate(`globalThis.page.show(${JSON.stringify(name)}, ${JSON.stringify(props)})`)
  /** Calls what the shown component has made global. */
  const call = (name: string, ...args: unknown[]) =>
    page.evaluate(`globalThis[${JSON.stringify(name)}](...${JSON.stringify(args)})`)
  const shown = async () => JSON.parse((await page.locator('pre').textContent()) ?? '{}') as object
  return {
    ...server,
    page,
    show,
    call,
    shown,
    evaluate,
    commits: () => evaluate(({ commits }) => commits) as Promise<Record<string, unknown>[]>,
    heard: () => evaluate(({ heard }) => heard),
    unmount: () => evaluate((page) => page.unmount()),
    /** Waits until the component shows something. */
    shows: (what: object) =>
      until(
        async () => {
          expect(await shown()).toMatchObject(what)
          return true
        },
        `the page showed ${JSON.stringify(what)}`,
      ),
    /** Waits until the server has so many subscriptions. */
    subscriptions: (count: number) =>
      until(() => server.tidings.stats().subscriptions === count, `there were ${count} subscriptions`),
    /** The requests for connections and subscriptions. */
    controls: () =>
      server.requests.filter(({ url }) => url === '/events' || url.includes('$connections')).length,
  }
}
