import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import type { Block } from './blocks.js'
import { linkBlocks } from './link-blocks.js'

/** The folder in which blocks are compiled, as if each page had one of its own below it. None of it exists. */
const pages = join(import.meta.dirname, 'pages')
const given = join(import.meta.dirname, 'given')

const nameOf = (page: string) => page.replaceAll('/', '-').replace(/\.md$/, '')

/** Returns what the blocks of a page may use: of a module of the page's own, and of one for all pages. */
export function givenTo(page: string) {
  return [
    { path: join(given, `${nameOf(page)}.ts`), isOfPage: true },
    { path: join(given, 'all.ts'), isOfPage: false },
  ]
    .filter(({ path }) => existsSync(path))
    .map((module) => ({ ...module, code: readFileSync(module.path, 'utf8') }))
}

/** A mistake in a block, with its line in the page. */
export interface Mistake {
  readonly page: string
  readonly line: number
  readonly message: string
}

/**
 * Compiles blocks, each as a module of its page, and returns the mistakes.
 *
 * A block that does not declare what it uses finds that in an earlier block of its page, or in `given/`: the contract,
 * client and server of the quick start. An import of `./contract` finds `given/<page>/<section>/contract.ts`, or
 * else the block of the same page with that name, `given/<page>/contract.ts`, or that of the quick start.
 */
export function mistakesIn(blocks: readonly Block[]): Mistake[] {
  const files = new Map<string, Block>()
  for (const [index, block] of blocks.entries()) {
    const folder = join(pages, nameOf(block.page))
    const named = join(folder, block.file ?? '')
    // A page may show a file in parts, of which an import finds the first.
    const isNamed = block.file !== undefined && !files.has(named)
    files.set(isNamed ? named : join(folder, `block-${index}.${block.language}`), block)
  }
  const paths = new Map([...files].map(([path, block]) => [block, path]))
  const linked = linkBlocks(blocks, givenTo, (block) => paths.get(block) ?? '')
  const docs = join(import.meta.dirname, '..')
  const { config } = ts.readConfigFile(join(docs, 'tsconfig.json'), ts.sys.readFile)
  const options: ts.CompilerOptions = {
    ...ts.parseJsonConfigFileContent(config, ts.sys, docs).options,
    noUnusedLocals: false,
    noUnusedParameters: false,
    // A block imports what it needs without saying whether that is a type.
    verbatimModuleSyntax: false,
    isolatedModules: false,
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile, readFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => codeOf(path) ?? readFile(path)
  host.getSourceFile = (path, ...rest) => {
    const code = codeOf(path)
    return code === undefined
      ? getSourceFile(path, ...rest)
      : ts.createSourceFile(path, code, ts.ScriptTarget.ES2022, true)
  }
  host.directoryExists = (path) => path.startsWith(pages) || ts.sys.directoryExists(path)
  host.resolveModuleNameLiterals = (literals, from, redirected) =>
    literals.map(({ text }) =>
      ts.resolveModuleName(nameIn(text, from), from, options, host, undefined, redirected),
    )

  /** Returns the name of a module that is given to the page, or of the quick start, if the page has none of the name. */
  function nameIn(text: string, from: string): string {
    const block = files.get(from)
    if (!block) return text
    const module = text.replace(/\.js$/, '')
    const ofPage = join(given, nameOf(block.page))
    const ofSection = join(ofPage, block.section, module)
    if (isFile(ofSection, existsSync)) return ofSection
    const isRelative = module.startsWith('./')
    if (isRelative && isFile(join(dirname(from), module), (path) => files.has(path))) return text
    const candidates = [join(ofPage, module)]
    if (isRelative) candidates.push(join(import.meta.dirname, '../../examples/quick-start', module))
    return candidates.find((path) => isFile(path, existsSync)) ?? text
  }

  const codeOf = (path: string) => linked.get(path)

  const program = ts.createProgram([...files.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const block = files.get(file?.fileName ?? '')
    const line = file ? file.getLineAndCharacterOfPosition(start).line : 0
    return {
      page: block?.page ?? (file ? relative(process.cwd(), file.fileName) : ''),
      line: block ? block.line + line : line + 1,
      message: ts.flattenDiagnosticMessageText(messageText, '\n'),
    }
  })
}

/** Whether a module has a file, with either ending. */
const isFile = (module: string, exists: (path: string) => boolean) =>
  exists(`${module}.ts`) || exists(`${module}.tsx`)
