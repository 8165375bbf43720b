import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A block of TypeScript of a page. */
export interface Block {
  /** The page, from the root of the repository. */
  readonly page: string
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

/** Returns the blocks of TypeScript of a page. */
export function blocksOf(page: string): Block[] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const [, language, options = ''] = /^```(ts|tsx)\b(.*)$/.exec(lines[at] ?? '') ?? []
    if (language === undefined) continue
    const end = lines.indexOf('```', at)
    const code = lines.slice(at + 1, end)
    const [, file] = /^\/\/ ([\w./-]+\.tsx?)\b/.exec(code[0] ?? '') ?? []
    blocks.push({
      page,
      line: at + 2,
      language: language as 'ts' | 'tsx',
      file,
      isRun: /\brun\b/.test(options),
      code: code.join('\n'),
    })
    at = end
  }
  return blocks
}
