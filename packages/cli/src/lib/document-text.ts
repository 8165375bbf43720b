import type {
  ContractDocument,
  PayloadDocument,
  PayloadDocuments,
  ProcedureDocument,
} from '@tidings/core/describe'
import type { Output } from './output.js'
import { printableLines } from './printable.js'
import { schemaText } from './schema-text.js'

type Style = Pick<Output, 'colors' | 'columns'>

/** Writes a description for people: each procedure, with its texts and its values. */
export function documentText({ procedures }: ContractDocument, style: Style): string {
  const entries = Object.entries(procedures)
  return entries.map(([path, procedure]) => procedureText(path, procedure, style)).join('\n\n')
}

function procedureText(path: string, procedure: ProcedureDocument, { colors, columns }: Style): string {
  const { title, description, deprecated } = procedure
  const lines = [`${colors.bold(printableLines(path))}  ${colors.cyan(procedure.kind)}`]
  if (deprecated) {
    lines.push(
      `  ${colors.yellow(typeof deprecated === 'string' ? `Deprecated: ${printableLines(deprecated)}` : 'Deprecated')}`,
    )
  }
  for (const text of [title, description]) {
    if (text)
      lines.push(
        ...printableLines(text)
          .split('\n')
          .map((line) => colors.dim(`  ${line}`.trimEnd())),
      )
  }
  const value = (label: string, payload: PayloadDocument | null | undefined, indent = 2) => {
    const head = `${' '.repeat(indent)}${printableLines(label)}: `
    const type = payload ? schemaText(payload.wire, { offset: head.length, indent, columns }) : 'nothing'
    lines.push(colors.green(head) + type)
  }
  const values = (label: string, payloads: PayloadDocuments) => {
    if (Object.keys(payloads).length === 0) return
    lines.push(colors.green(`  ${label}:`))
    for (const [name, payload] of Object.entries(payloads)) value(name, payload, 4)
  }
  if (procedure.kind === 'channel') {
    values('params', procedure.params)
    if (procedure.snapshot) value('snapshot', procedure.snapshot)
    values('events', procedure.events)
  } else {
    value('input', procedure.input)
    if (procedure.kind === 'stream') values('events', procedure.events)
    value('output', procedure.output)
    values('errors', procedure.errors)
  }
  return lines.join('\n')
}
