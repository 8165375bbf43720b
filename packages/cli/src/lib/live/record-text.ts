import type { Colors } from '../output.js'
import { printable } from '../printable.js'
import { jsonLine } from './json-text.js'
import type { TopicRecord } from './topic-record.js'

/** Formats a record as a line for people: the local time, what it is, and its payload. */
export function recordText(record: TopicRecord, colors: Colors): string {
  const time = colors.dim(new Date(record.at).toTimeString().slice(0, 8) + record.at.slice(19, 23))
  switch (record.type) {
    case 'snapshot':
      return `${time} ${colors.blue('snapshot')} ${jsonLine(record.data, colors)}`
    case 'event':
      return `${time} ${colors.bold(record.event)} ${jsonLine(record.data, colors)}`.trimEnd()
    case 'gap':
      return `${time} ${colors.yellow('gap')} events were missed: ${gapText(record.reason)}`
    case 'misfit': {
      const issues = record.issues.map(
        ({ path, message }) =>
          `\n  ${path.length > 0 ? `at ${printable(path.join('.'))}: ` : ''}${printable(message)}`,
      )
      const name = record.event === '$snapshot' ? 'snapshot' : printable(record.event)
      return `${time} ${colors.red('misfit')} ${colors.bold(name)} ${jsonLine(record.data, colors)}${issues.join('')}`
    }
  }
}

const gapTexts: Readonly<Record<string, string>> = {
  expired: "the topic's history does not reach back to the last position",
  history_lost: "the server has lost the topic's history",
  invalid: 'the position is not one of this topic',
  late: 'the topic became live later than expected',
}

function gapText(reason: string): string {
  return gapTexts[reason] ?? printable(reason)
}
