import { existsSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'

const root = join(import.meta.dirname, '../..')

/** The pages that include a file from outside of this folder, with the file. */
const included: Readonly<Record<string, string>> = {
  'core.md': 'packages/core/README.md',
  'server.md': 'packages/server/README.md',
  'client.md': 'packages/client/README.md',
}

/** The page of each file of the repository that has one. */
const pages = new Map([
  ...['docs', 'docs/decisions']
    .flatMap((folder) => readdirSync(join(root, folder)).map((file) => `${folder}/${file}`))
    .filter((path) => path.endsWith('.md'))
    .map((path) => [path, posix.relative('docs', path)] as const),
  ...Object.entries(included).map(([page, file]) => [file, page] as const),
  ['docs/protocol/README.md', 'protocol/fixtures.md'],
  ...readdirSync(join(root, 'examples')).map((name) => [`examples/${name}`, 'examples.md'] as const),
  ['README.md', 'index.md'],
])

/** The pages that say what a section of the repository's README says. */
const sections = new Map([
  ['#what-a-user-writes', 'quick-start.md'],
  ['#more-than-one-node', 'scaling.md'],
])

/** Returns the page, with the section, that a link to a file of the repository leads to on the site. */
function addressOf(target: string, hash: string): string | undefined {
  if (target === 'README.md' && hash !== '') return sections.get(hash)
  const page = pages.get(target) ?? pages.get(`${target}/README.md`)
  return page === undefined ? undefined : `${page}${hash}`
}

/**
 * Leads links between files of the repository to the pages of the site. A link to a file without a page is rendered as the
 * file's path, which a reader finds in a clone.
 *
 * @throws Error for a link to a file that does not exist
 */
export function repositoryLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.after('inline', 'repository-links', ({ tokens, env }) => {
    const { relativePath } = env as { relativePath: string }
    const file = included[relativePath] ?? `docs/${relativePath}`
    // The API reference links among its own pages.
    if (file.startsWith('docs/reference/')) return
    for (const { children } of tokens) {
      for (const [index, token] of (children ?? []).entries()) {
        if (token.type !== 'link_open') continue
        const [, href = '', hash = ''] = /^([^#]*)(.*)$/.exec(String(token.attrGet('href'))) ?? []
        if (href === '' || /^(\w+:|\/)/.test(href)) continue
        const target = posix.join(posix.dirname(file), href).replace(/\/$/, '')
        const address = addressOf(target, hash)
        // On the page of the examples, links lead to their folders in the repository.
        if (address !== undefined && address !== relativePath) {
          const path = posix.relative(posix.dirname(relativePath), address)
          token.attrSet('href', path.startsWith('.') ? path : `./${path}`)
          continue
        }
        if (!existsSync(join(root, target))) throw new Error(`${file} links to ${href}, which does not exist`)
        token.tag = 'span'
        token.attrs = [['title', `${target}, in the repository`]]
        const close = children?.find(({ type }, at) => at > index && type === 'link_close')
        if (close) close.tag = 'span'
      }
    }
  })
}
