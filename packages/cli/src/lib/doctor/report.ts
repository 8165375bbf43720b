import type { Output } from '../output.js'
import { printable } from '../printable.js'
import { wrapped } from '../wrapped.js'
import type { Finding, Verdict } from './finding.js'
import { fixesOf, type ProxyName, titleOf } from './proxy.js'
import type { Place } from './remedy.js'

const marks: Readonly<Record<Verdict, string>> = {
  ok: 'ok',
  warning: 'warning',
  fault: 'FAULT',
  unknown: 'unknown',
}

const markWidth = 7
const nameWidth = 16

/** Prints findings as they come, in lines for people or as JSON. */
export class Report {
  readonly #output: Output
  readonly #place: Place
  readonly #isJson: boolean
  #proxies: readonly ProxyName[] = []
  readonly #counts: Record<Verdict, number> = { ok: 0, warning: 0, fault: 0, unknown: 0 }

  constructor(output: Output, place: Place, isJson: boolean) {
    this.#output = output
    this.#place = place
    this.#isJson = isJson
  }

  set proxies(proxies: readonly ProxyName[]) {
    this.#proxies = proxies
  }

  get hasFault(): boolean {
    return this.#counts.fault > 0
  }

  async print(finding: Finding): Promise<void> {
    const { check, verdict, fact, details = [], advice, remedies = [] } = finding
    this.#counts[verdict] += 1
    const fixes = remedies.flatMap((remedy) => fixesOf(remedy, this.#proxies, this.#place))
    if (this.#isJson) {
      await this.#output.printJson({ check, verdict, fact, details, advice, fixes })
      return
    }
    const { colors } = this.#output
    const paint = { ok: colors.green, warning: colors.yellow, fault: colors.red, unknown: colors.dim }[
      verdict
    ]
    const lines = [
      `${paint(marks[verdict].padEnd(markWidth))} ${colors.bold(check.padEnd(nameWidth))} ${printable(fact)}`,
    ]
    for (const detail of details) lines.push(...this.#wrapped(detail, colors.dim))
    if (advice) lines.push(...this.#wrapped(advice, (text) => text))
    for (const { proxy, where, lines: config } of fixes) {
      lines.push(...this.#wrapped(`${titleOf(proxy)}, ${where}:`, (text) => text))
      for (const line of config) lines.push(`${indent}  ${colors.cyan(printable(line))}`)
    }
    await this.#output.print(lines.join('\n'))
  }

  /** Says how many findings of each kind there were. */
  async conclude(): Promise<void> {
    if (this.#isJson) return
    const { fault, warning, ok, unknown } = this.#counts
    const { colors } = this.#output
    const counted = [`${ok} ok`, `${warning} ${warning === 1 ? 'warning' : 'warnings'}`]
    if (unknown > 0) counted.push(`${unknown} unknown`)
    const faults =
      fault === 0
        ? colors.green('No fault found')
        : colors.red(`${fault} ${fault === 1 ? 'fault' : 'faults'}`)
    await this.#output.print(`\n${faults}: ${counted.join(', ')}`)
  }

  /** Breaks a text into indented lines. */
  #wrapped(text: string, paint: (line: string) => string): string[] {
    const width = Math.max(this.#output.columns - indent.length, 30)
    return wrapped(printable(text), width).map((line) => indent + paint(line))
  }
}

const indent = ' '.repeat(markWidth + 1)
