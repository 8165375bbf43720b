import { type Change, type ChangeSide, type Verdict, worst } from '@tidings/core/describe'
import { capitalized } from './capitalized.js'
import type { Output } from './output.js'
import { printable } from './printable.js'
import { wrapped } from './wrapped.js'

/** The sides whose verdicts count. */
export type Sides = ChangeSide | 'both'

/** The verdicts, the worst first. */
export const verdicts: readonly Verdict[] = ['breaking', 'dangerous', 'safe']

/** Returns the verdict of changes for the sides that count. */
export function verdictOf(changes: readonly Change[], sides: Sides): Verdict {
  return sides === 'both' ? worst(changes) : worst(changes, sides)
}

/** Writes changes for people, grouped by verdict. */
export function changesText(
  changes: readonly Change[],
  sides: Sides,
  { colors, columns }: Pick<Output, 'colors' | 'columns'>,
): string {
  if (changes.length === 0) return 'No changes'
  const colorOf = { breaking: colors.red, dangerous: colors.yellow, safe: colors.green }
  const lines: string[] = []
  for (const verdict of verdicts) {
    const group = changes.filter((change) => verdictOf([change], sides) === verdict)
    if (group.length === 0) continue
    lines.push(colors.bold(colorOf[verdict](verdict)))
    for (const change of group) {
      const label = verdict === 'safe' ? '' : `for ${sidesOf(change, verdict, sides)}: `
      const [first = '', ...rest] = wrapped(label + printable(messageOf(change, sides)), columns - 4)
      lines.push(`  ${colorOf[verdict](signs[verdict])} ${first}`, ...rest.map((line) => `    ${line}`))
    }
    lines.push('')
  }
  return [...lines, countsText(changes, sides)].join('\n')
}

const signs: Readonly<Record<Verdict, string>> = { breaking: '✗', dangerous: '!', safe: '✓' }

/** Returns how many changes have each verdict: `1 breaking, 2 safe`. */
function countsText(changes: readonly Change[], sides: Sides): string {
  return verdicts
    .map((verdict) => ({
      verdict,
      count: changes.filter((one) => verdictOf([one], sides) === verdict).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`)
    .join(', ')
}

/** Returns the sides for which a change has a verdict. */
function sidesOf(change: Change, verdict: Verdict, sides: Sides): string {
  const all: readonly ChangeSide[] = sides === 'both' ? ['clients', 'servers'] : [sides]
  return all.filter((side) => change[side] === verdict).join(' and ')
}

/** Returns what to say about a change, without the advice for a side that does not count. */
function messageOf({ message, advice, ...verdictFor }: Change, sides: Sides): string {
  const isAdvised = sides === 'both' || verdictFor[sides] === 'breaking'
  return isAdvised || advice === undefined ? message : message.slice(0, -`: ${advice}`.length)
}

/** A file under version control that annotations are shown at. */
export interface AnnotatedFile {
  readonly name: string
  readonly text: string
}

/** Writes changes as annotations of GitHub Actions, each at the line of its procedure. */
export function annotations(
  changes: readonly Change[],
  sides: Sides,
  file: AnnotatedFile | undefined,
): string {
  const levels: Readonly<Record<Verdict, string>> = {
    breaking: 'error',
    dangerous: 'warning',
    safe: 'notice',
  }
  const lines = changes.map((change) => {
    const verdict = verdictOf([change], sides)
    const place = file ? `file=${property(file.name)},line=${lineOf(change, file.text)},` : ''
    const title =
      verdict === 'safe'
        ? 'Safe change of the contract'
        : `${capitalized(verdict)} for ${sidesOf(change, verdict, sides)}`
    return `::${levels[verdict]} ${place}title=${property(title)}::${data(messageOf(change, sides))}`
  })
  return [...lines, changes.length === 0 ? 'No changes' : countsText(changes, sides)].join('\n')
}

/** Returns the line of a change's procedure: of the keys of that name, the least indented one. */
function lineOf({ path }: Change, text: string): number {
  const key = `${JSON.stringify(path.split('.', 1)[0])}:`
  let found = { line: 1, indent: Number.POSITIVE_INFINITY }
  for (const [index, line] of text.split('\n').entries()) {
    const indent = line.length - line.trimStart().length
    if (line.startsWith(key, indent) && indent < found.indent) found = { line: index + 1, indent }
  }
  return found.line
}

/** Escapes text as the toolkit of GitHub Actions does. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
