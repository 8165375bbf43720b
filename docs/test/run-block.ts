import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Block } from './blocks.js'

/** A block that runs as a program. */
export interface Program extends AsyncDisposable {
  /** Returns what it has printed so far. */
  printed(): string
  /** Its exit code, or `null` after a signal. */
  readonly exited: Promise<number | null>
}

/** A folder with the named blocks of a page, as a reader has them. */
export interface PageFolder extends AsyncDisposable {
  run(block: Block): Promise<Program>
}

/**
 * Writes the blocks of a page that have file names into a folder of their own, in which packages resolve.
 * The contract is the quick start's, unless the page has one.
 *
 * @param change returns the code to run in place of a block's own
 */
export async function folderOf(
  blocks: readonly Block[],
  change = (code: string) => code,
): Promise<PageFolder> {
  const folder = await mkdtemp(join(import.meta.dirname, '.run-'))
  const write = async ({ file, line, language, code }: Block) => {
    const path = join(folder, file ?? `block-${line}.${language}`)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, change(code))
    return path
  }
  await copyFile(
    join(import.meta.dirname, '../../examples/quick-start/contract.ts'),
    join(folder, 'contract.ts'),
  )
  for (const block of blocks) if (block.file !== undefined) await write(block)
  return {
    run: async (block) => start(await write(block), folder),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

function start(path: string, cwd: string): Program {
  const child = spawn(process.execPath, ['--conditions=@tidings/source', '--import', 'tsx', path], { cwd })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  return {
    printed: () => printed,
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
