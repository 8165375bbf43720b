import { runInThisContext } from 'node:vm'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { type Block, blocksOf } from './blocks.js'
import { pages } from './pages.js'

/** A state that has the item of an event already, and the event. */
const samples = [
  { uses: "'joined'", state: ['ada'], event: { type: 'joined', data: 'ada' } },
  { uses: "'added'", state: [{ id: '1' }], event: { type: 'added', data: { id: '1' } } },
  { uses: '.messages', state: { messages: [{ id: '1' }] }, event: { type: 'message', data: { id: '1' } } },
]

/** Returns the reducers of a block that append an event to a list, as JavaScript. */
function appendingIn({ code, language }: Block): string[] {
  const source = ts.createSourceFile(`block.${language}`, code, ts.ScriptTarget.ES2022, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const before = found.length
    ts.forEachChild(node, visit)
    if (found.length > before || !(ts.isArrowFunction(node) || ts.isFunctionDeclaration(node))) return
    const text = node.getText(source).replace(/^export /, '')
    const isReducer = node.parameters.length === 2 && /\bdata\b/.test(text) && /\[\s*\.\.\./.test(text)
    // A list that is cut to a length has no snapshot that may contain the event.
    if (!isReducer || text.includes('.slice(')) return
    found.push(ts.transpile(`(${text})`, { target: ts.ScriptTarget.ES2022 }))
  }
  visit(source)
  return found
}

const reducers = pages
  .flatMap(blocksOf)
  .flatMap((block) => appendingIn(block).map((code) => [`${block.page}:${block.line}`, code] as const))

describe('a reducer does not repeat what the snapshot contains already', () => {
  it.each(reducers)('in %s', (_place, code) => {
    const sample = samples.find(({ uses }) => code.includes(uses))
    if (!sample) throw new Error(`No sample for the reducer ${code}`)
    const reduce = runInThisContext(code) as (state: unknown, event: unknown) => unknown
    expect(reduce(sample.state, sample.event)).toEqual(sample.state)
  })

  it('on all pages that show one', () => {
    expect(reducers.length).toBeGreaterThanOrEqual(9)
  })
})
