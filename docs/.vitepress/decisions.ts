import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../decisions/', import.meta.url)

/** A page of `decisions/`. */
export interface Decision {
  /** Its title without the number, in plain text. */
  readonly text: string
  readonly number: string
  readonly link: string
}

/**
 * Returns the decisions, by number.
 *
 * @throws Error for a page that does not begin with its number and title
 */
export function decisions(): Decision[] {
  return readdirSync(folder)
    .filter((file) => /^\d{3}-.*\.md$/.test(file))
    .sort()
    .map((file) => {
      const [, number, title] = /^# (\d{3}): (.+)\n/.exec(readFileSync(new URL(file, folder), 'utf8')) ?? []
      if (number === undefined || title === undefined || !file.startsWith(number)) {
        throw new Error(`docs/decisions/${file} does not begin with "# ${file.slice(0, 3)}: " and a title`)
      }
      return { number, text: title.replaceAll('`', ''), link: `/decisions/${file.replace(/\.md$/, '')}` }
    })
}
