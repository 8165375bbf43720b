import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { behaviours, type Host } from './host.js'
import { appsFolder } from './runtime-app.js'

const path = join(import.meta.dirname, '../../../docs/runtimes.md')

/** Returns the text of `docs/runtimes.md`. */
export const pageText = () => readFile(path, 'utf8')

/** What `docs/runtimes.md` says about a host. */
export async function pageOf(name: string) {
  const page = await pageText()
  const rows = page.split('\n').filter((line) => line.startsWith('| '))
  return {
    /** The row of the host in the table. */
    row: rows.find((row) => row.startsWith(`| ${name} `))?.replaceAll(/ +/g, ' '),
    /** Whether a block of code is a file of the app. */
    async shows(file: string): Promise<boolean> {
      const code = await readFile(join(appsFolder, file), 'utf8')
      return page.includes(`\`\`\`${file.split('.').at(-1)}\n${code}\`\`\`\n`)
    },
    /** Returns the row that is right for the host. The reason of a skip or delay is a note below the table. */
    rowFor({ version, skips, late }: Host): string {
      const cells = behaviours.map((behaviour) => {
        const reason = skips?.[behaviour]
        if (reason !== undefined) return noteOf(page, reason)
        const delay = late?.[behaviour]
        return delay === undefined ? '✓' : `✓ (${noteOf(page, delay)})`
      })
      return `| ${[name, version, ...cells].join(' | ')} |`
    },
  }
}

/** Returns the number of the note that gives a reason. */
function noteOf(page: string, reason: string): string {
  const note = page.split('\n').find((line) => line.replace(/^\d+\. /, '') === reason)
  return note === undefined ? `a note: ${reason}` : String(Number.parseInt(note, 10))
}
