import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A page to bundle for production. */
export interface Project {
  /** The folder with `index.html` and `page.ts`, below the folder where the packages are installed. */
  readonly app: string
  /** The folder to write to. It does not exist. */
  readonly output: string
}

export interface Bundler {
  readonly name: string
  readonly version: string
  /** Kilobytes of all scripts, gzipped, that a bundle may have. */
  readonly limitKb: number
  /** Writes `index.html`, its scripts and their source maps. Returns warnings, and throws for an error. */
  bundle(project: Project): Promise<readonly string[]>
}

/** Writes the project's page for a bundler that bundles scripts only. The page loads `page.js`. */
export async function writeHtml({ app, output }: Project): Promise<void> {
  const html = await readFile(join(app, 'index.html'), 'utf8')
  await writeFile(join(output, 'index.html'), html.replace('./page.ts', './page.js'))
}
