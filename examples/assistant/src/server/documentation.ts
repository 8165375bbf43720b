import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Passage } from '../contract'
import { bestPassages, passagesOf } from './passages'

/** How many files a search has read. */
export interface SearchProgress {
  readonly done: number
  readonly total: number
}

/** Searches documents, and yields its progress. */
export type Search = (query: string, signal: AbortSignal) => AsyncGenerator<SearchProgress, Passage[]>

/**
 * Returns a search of the documentation in a folder: its README, its guides, and the READMEs of its packages.
 *
 * @param pauseMs milliseconds to wait after each file. Reading them takes less time than anybody can see.
 */
export function documentation(folder: string, pauseMs: number): Search {
  return async function* (query, signal) {
    const paths = await documentsIn(folder)
    const passages: Passage[] = []
    for (const [at, path] of paths.entries()) {
      yield { done: at, total: paths.length }
      if (pauseMs > 0) await pause(pauseMs, undefined, { signal })
      passages.push(...passagesOf(path, await readFile(join(folder, path), { encoding: 'utf8', signal })))
    }
    yield { done: paths.length, total: paths.length }
    return bestPassages(passages, query, 3)
  }
}

async function documentsIn(folder: string): Promise<string[]> {
  const guides = await namesIn(join(folder, 'docs'))
  const packages = await namesIn(join(folder, 'packages'))
  const readmes = await Promise.all(
    packages.map(async (name) => {
      const files = await namesIn(join(folder, 'packages', name))
      return files.includes('README.md') ? [`packages/${name}/README.md`] : []
    }),
  )
  const paths = guides.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)
  return ['README.md', ...paths, ...readmes.flat()]
}

/** The names in a folder, in the same order on every system. */
async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort()
}
