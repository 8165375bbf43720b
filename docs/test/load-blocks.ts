import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Block, blocksOf } from './blocks.js'
import { givenTo } from './compile.js'
import { linkBlocks } from './link-blocks.js'

/** The blocks of a page, as modules that a test imports. */
export interface PageModules extends AsyncDisposable {
  /**
   * Imports the block of a name, or the one of a section that has no name. It exports all that it declares.
   *
   * @throws Error if the page does not have exactly one such block
   */
  // biome-ignore lint/suspicious/noExplicitAny: no file has the types of a block
  load(name: string): Promise<any>
}

/** Writes the blocks of a page into a folder of their own, in which packages resolve. */
export async function modulesOf(page: string): Promise<PageModules> {
  const blocks = blocksOf(page)
  const folder = await mkdtemp(join(import.meta.dirname, '.run-'))
  const pathOf = ({ file, line, language }: Block) => join(folder, file ?? `block-${line}.${language}`)
  for (const [path, code] of linkBlocks(blocks, givenTo, pathOf)) await writeFile(path, code)
  return {
    async load(name) {
      const found = blocks.filter(({ file, section }) => (file ?? section) === name)
      const [block] = found
      if (!block || found.length > 1) throw new Error(`${page} has ${found.length} blocks named ${name}`)
      return import(/* @vite-ignore */ pathOf(block))
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}
