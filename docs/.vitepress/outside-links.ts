import { existsSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'

const docs = join(import.meta.dirname, '..')

/**
 * Renders a link to a file of the repository that is no page as the file's path, which a reader finds in a clone.
 *
 * @throws Error for a link to a file that does not exist
 */
export function outsideLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.after('inline', 'outside-links', ({ tokens, env }) => {
    for (const token of tokens) {
      for (const [index, child] of (token.children ?? []).entries()) {
        if (child.type !== 'link_open') continue
        const href = String(child.attrGet('href'))
        const path = outsidePath(href, dirname(join(docs, env.relativePath)))
        if (path === undefined) continue
        if (!existsSync(join(docs, '..', path)))
          throw new Error(`${env.relativePath} links to ${href}, which does not exist`)
        child.tag = 'span'
        child.attrs = [['title', `${path}, in the repository`]]
        const close = token.children?.find((other, at) => at > index && other.type === 'link_close')
        if (close) close.tag = 'span'
      }
    }
  })
}

/** Returns the path, from the root of the repository, of a file that is not part of the site. */
function outsidePath(href: string, folder: string): string | undefined {
  if (/^(\w+:|#|\/)/.test(href)) return undefined
  const target = join(folder, href.replace(/[#?].*$/, ''))
  const path = relative(docs, target)
  const isPage = !path.startsWith('..') && !path.startsWith(`protocol${sep}`)
  return isPage ? undefined : relative(join(docs, '..'), target)
}
