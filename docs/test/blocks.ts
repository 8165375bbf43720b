import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A block of TypeScript of a page. */
export interface Block {
  /** The page, from the root of the repository. */
  readonly page: string
  /** The heading of the page's section that the block is in, as its anchor: `closing` for `## Closing`. */
  readonly section: string
  /** The line of the page with the block's first line of code, from 1. */
  readonly line: number
  readonly language: 'ts' | 'tsx'
  /** The name in the block's first line, `// contract.ts`: other blocks of the page import it. */
  readonly file: string | undefined
  /** Whether the block is a whole program, which ends by itself: its fence says `ts run`. */
  readonly isRun: boolean
  readonly code: string
}

const root = join(import.meta.dirname, '../..')

/** Returns the blocks of TypeScript of a page, those of lists included. */
export function blocksOf(page: string): Block[] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n')
  const blocks: Block[] = []
  let section = ''
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (line.startsWith('## ')) section = anchorOf(line.slice(3))
    const [, indent, fence, language, options = ''] = /^( *)(```+)(\w*)(.*)$/.exec(line) ?? []
    if (indent === undefined || fence === undefined) continue
    const end = lines.indexOf(indent + fence, at + 1)
    if (end === -1) throw new Error(`${page}:${at + 1}: the block has no end`)
    if (isTypeScript(language)) {
      const code = lines.slice(at + 1, end).map((each) => each.slice(indent.length))
      blocks.push({
        page,
        section,
        line: at + 2,
        language,
        file: /^\/\/ ([\w./-]+\.tsx?)\b/.exec(code[0] ?? '')?.[1],
        isRun: /\brun\b/.test(options),
        code: code.join('\n'),
      })
    }
    at = end
  }
  return blocks
}

const isTypeScript = (language: string | undefined): language is Block['language'] =>
  language === 'ts' || language === 'tsx'

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}
