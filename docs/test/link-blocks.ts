import ts from 'typescript'
import type { Block } from './blocks.js'

/** What a block declares at its top level, and the names that it uses. */
interface Names {
  readonly declared: ReadonlySet<string>
  readonly exported: ReadonlySet<string>
  readonly used: ReadonlySet<string>
}

/** A module whose names blocks may use without importing them: those of one page, or of all. */
export interface Given {
  readonly isOfPage: boolean
  readonly path: string
  readonly code: string
}

/**
 * Returns the code of each block as a module that can be compiled: what a block uses and does not declare, it imports.
 * The name is that of the nearest block before it in its section, of what is given to the page, of the nearest block
 * before it on the page, or of what is given to all pages, in this order. A reader does the same.
 *
 * @param pathOf returns the path of the module of a block
 */
export function linkBlocks(
  blocks: readonly Block[],
  given: (page: string) => readonly Given[],
  pathOf: (block: Block) => string,
): Map<string, string> {
  const names = new Map(blocks.map((block) => [block, namesIn(block.code, block.language)]))
  const linked = new Map<string, string>()
  for (const [index, block] of blocks.entries()) {
    const own = names.get(block) ?? namesIn('', 'ts')
    const earlier = blocks
      .slice(0, index)
      .filter(({ page }) => page === block.page)
      .reverse()
      .map((other) => ({
        section: other.section,
        path: pathOf(other),
        declared: names.get(other)?.declared ?? new Set<string>(),
      }))
    const modules = given(block.page).map(({ path, code, isOfPage }) => ({
      path,
      isOfPage,
      declared: namesIn(code, 'ts').exported,
    }))
    const sources = [
      ...earlier.filter(({ section }) => section === block.section),
      ...modules.filter(({ isOfPage }) => isOfPage),
      ...earlier.filter(({ section }) => section !== block.section),
      ...modules.filter(({ isOfPage }) => !isOfPage),
    ]
    const imports = [...own.used]
      .filter((name) => !own.declared.has(name))
      .flatMap((name) => {
        const source = sources.find(({ declared }) => declared.has(name))
        return source ? [`import { ${name} } from '${source.path.replace(/\.tsx?$/, '')}'`] : []
      })
    const exports = [...own.declared].filter((name) => !own.exported.has(name))
    // After the code, whose lines keep their numbers.
    linked.set(pathOf(block), [block.code, ...imports, `export { ${exports.join(', ')} }`, ''].join('\n'))
  }
  return linked
}

function namesIn(code: string, language: 'ts' | 'tsx'): Names {
  const declared = new Set<string>()
  const exported = new Set<string>()
  const used = new Set<string>()
  const source = ts.createSourceFile(`block.${language}`, code, ts.ScriptTarget.ES2022, true)
  for (const statement of source.statements) {
    const isExported = ts.canHaveModifiers(statement)
      ? (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)
      : false
    for (const name of declaredIn(statement)) {
      declared.add(name)
      if (isExported || ts.isExportDeclaration(statement)) exported.add(name)
    }
  }
  const visit = (node: ts.Node) => {
    if (ts.isIdentifier(node) && !isName(node)) used.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { declared, exported, used }
}

/** Whether an identifier only names a property, and refers to nothing. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    (ts.isBindingElement(parent) && parent.propertyName === node) ||
    (ts.isJsxAttribute(parent) && parent.name === node) ||
    (ts.isPropertySignature(parent) && parent.name === node)
  )
}

function declaredIn(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => boundIn(name))
  }
  if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings } = statement.importClause ?? {}
    const bound =
      namedBindings === undefined
        ? []
        : ts.isNamespaceImport(namedBindings)
          ? [namedBindings.name.text]
          : namedBindings.elements.map((element) => element.name.text)
    return [...(name ? [name.text] : []), ...bound]
  }
  if (ts.isExportDeclaration(statement) && statement.exportClause) {
    const { exportClause } = statement
    return ts.isNamespaceExport(exportClause)
      ? [exportClause.name.text]
      : exportClause.elements.map((element) => element.name.text)
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement)
  return isNamed && statement.name ? [statement.name.text] : []
}

function boundIn(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text]
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundIn(element.name)))
}
