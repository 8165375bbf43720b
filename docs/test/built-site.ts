import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { listen } from '@tidings/test-kit'

const dist = join(import.meta.dirname, '../.vitepress/dist')

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
}

/** Returns the HTML of each page of the built site, by its path: `/quick-start`, `/reference/`. */
export function builtPages(): Map<string, string> {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html') && file !== '404.html')
    .sort()
  return new Map(
    files.map((file) => [
      `/${file.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')}`,
      readFileSync(join(dist, file), 'utf8'),
    ]),
  )
}

/** Answers a request with a file of the built site, as a host of static files with clean addresses does. */
export async function answerWithSite(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = fileOf(decodeURIComponent(new URL(request.url ?? '/', 'http://127.0.0.1').pathname))
  response.statusCode = file === undefined ? 404 : 200
  response.setHeader('content-type', types[extname(file ?? '.html')] ?? 'application/octet-stream')
  response.end(await readFile(file ?? join(dist, '404.html')))
}

/** Serves the built site until the test is over, and returns its origin. */
export async function serveSite(): Promise<string> {
  const { origin } = await listen(answerWithSite)
  return origin
}

/** Returns the links of the built site that lead to no page, file or section of it, each with its page. */
export function brokenLinks(pages: ReadonlyMap<string, string>): string[] {
  const broken: string[] = []
  const sections = new Map([...pages].map(([path, html]) => [path, sectionsOf(html)]))
  for (const [path, html] of pages) {
    for (const link of linksOf(html)) {
      const { origin, pathname, hash } = new URL(link, `http://site${path}`)
      if (origin !== 'http://site') continue
      const target = decodeURIComponent(pathname)
      const section = decodeURIComponent(hash.slice(1))
      const found = sections.get(target)
      const isThere = found ? section === '' || found.has(section) : !target.endsWith('/') && fileOf(target)
      if (!isThere) broken.push(`${path} links to ${link}`)
    }
  }
  return broken
}

/** Returns the addresses of what a page links to and loads. */
export function linksOf(html: string): string[] {
  return [...html.matchAll(/<(?:a|img|link|script)\s[^>]*?\b(?:href|src)="([^"]*)"/g)].map(
    ([, address = '']) => address.replaceAll('&amp;', '&'),
  )
}

function sectionsOf(html: string): Set<string> {
  return new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id = '']) => id))
}

function fileOf(path: string): string | undefined {
  const file = join(dist, path)
  const candidates = path.endsWith('/') ? [join(file, 'index.html')] : [file, `${file}.html`]
  return candidates.find((candidate) => extname(candidate) !== '' && existsSync(candidate))
}
