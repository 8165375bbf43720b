import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import type { Block } from './blocks.js'
import { linkBlocks } from './link-blocks.js'

/** The folder in which blocks are compiled, as if each page had one of its own below it. None of it exists. */
const pages = join(import.meta.dirname, 'pages')
const given = join(import.meta.dirname, 'given')

/** Returns what the blocks of a page may use: of a module of the page's own, and of one for all pages. */
function givenTo(page: string) {
  return [`${page.replaceAll('/', '-').replace(/\.md$/, '')}.ts`, 'all.ts']
    .map((file) => join(given, file))
    .filter((path) => existsSync(path))
    .map((path) => ({ path, code: readFileSync(path, 'utf8') }))
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
 * client and server of the quick start. An import of `./contract` finds the block of the same page with that name, or else that of the quick start.
 */
export function mistakesIn(blocks: readonly Block[]): Mistake[] {
  const files = new Map<string, Block>()
  for (const [index, block] of blocks.entries()) files.set(pathOf(block, index), block)
  const paths = new Map([...files].map(([path, block]) => [block, path]))
  const linked = linkBlocks(blocks, givenTo, (block) => paths.get(block) ?? '')
  const { config } = ts.readConfigFile(join(import.meta.dirname, '../../tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      types: ['node'],
      jsx: 'react-jsx',
      lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
      noUnusedLocals: false,
      noUnusedParameters: false,
      // A block imports what it needs without saying whether that is a type.
      verbatimModuleSyntax: false,
      isolatedModules: false,
    },
    import.meta.dirname,
  )
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

  /** Returns the name of a module of the quick start, if a page imports that and has none of the name. */
  function nameIn(text: string, from: string): string {
    if (!text.startsWith('./') || !from.startsWith(pages)) return text
    const file = join(dirname(from), text.replace(/\.js$/, ''))
    if (files.has(`${file}.ts`) || files.has(`${file}.tsx`)) return text
    const ofQuickStart = join(import.meta.dirname, '../../examples/quick-start', text.replace(/\.js$/, ''))
    return existsSync(`${ofQuickStart}.ts`) ? ofQuickStart : text
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

function pathOf({ page, file, language }: Block, index: number): string {
  return join(pages, page.replaceAll('/', '-'), file ?? `block-${index}.${language}`)
}
