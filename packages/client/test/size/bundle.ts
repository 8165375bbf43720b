import { basename, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'

/** The code of a page. */
export interface Bundle {
  /** What it is of, with its code: file names, and how many bytes of each there are. */
  readonly parts: readonly (readonly [file: string, bytes: number])[]
  readonly code: string
  readonly gzipped: number
  /** How many files a page loads at once. */
  readonly files: number
  /** Bytes of each file that it imports when it is asked to, gzipped, by the name of its module. */
  readonly onDemand: Readonly<Record<string, number>>
}

export interface BundleOptions {
  readonly withZod?: boolean | undefined
  /** Export conditions, besides those of every bundle for browsers. */
  readonly conditions?: readonly string[]
  /** The folder from which packages resolve; by default, this one. */
  readonly from?: string
}

/** Bundles a script for a page, as it would be deployed. */
export async function bundle(
  script: string,
  { withZod = false, conditions = [], from = import.meta.dirname }: BundleOptions = {},
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: script, resolveDir: from, loader: 'ts' },
    bundle: true,
    splitting: true,
    outdir: 'bundle',
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@tidings/source', ...conditions],
    external: ['react', ...(withZod ? [] : ['zod', 'zod/*'])],
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  const loaded = loadedAtOnce(metafile)
  const parts = [...loaded]
    .flatMap((name) => Object.entries(metafile.outputs[name]?.inputs ?? {}))
    .map(([file, { bytesInOutput }]) => [file.replace(/^(\.\.\/)+/, ''), bytesInOutput] as const)
    .filter(([, bytes]) => bytes > 0)
    .sort(([, a], [, b]) => b - a)
  const isLoaded = ({ path }: { path: string }) => loaded.has(relative(process.cwd(), path))
  const sizeOf = (texts: string[]) => texts.reduce((sum, text) => sum + gzipSync(text).length, 0)
  const texts = outputFiles.filter(isLoaded).map(({ text }) => text)
  const onDemand = outputFiles
    .filter((file) => !isLoaded(file))
    .map(({ path, text }) => [basename(path).replace(/-\w+\.js$/, ''), sizeOf([text])] as const)
  return {
    parts,
    code: texts.join('\n'),
    gzipped: sizeOf(texts),
    files: texts.length,
    onDemand: Object.fromEntries(onDemand),
  }
}

/** The files that a page loads before it runs: the entry, and what that imports, save what it imports when it is asked to. */
function loadedAtOnce({ outputs }: Metafile): Set<string> {
  const loaded = new Set<string>()
  const load = (name: string) => {
    if (loaded.has(name)) return
    loaded.add(name)
    for (const { path, kind } of outputs[name]?.imports ?? []) {
      if (kind === 'import-statement' && path in outputs) load(path)
    }
  }
  for (const [name, { entryPoint }] of Object.entries(outputs)) if (entryPoint === '<stdin>') load(name)
  return loaded
}

export const inKilobytes = (bytes: number) => `${(bytes / 1000).toFixed(2)} kB`
