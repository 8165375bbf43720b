import type { Session } from './command.js'
import { type CommandParts, candidatesFor } from './completion/candidates.js'
import { bashReply, wordsOf } from './completion/line.js'
import { loadContract } from './contract-source.js'
import { commandsByName, partsOf } from './program.js'

/** Milliseconds that a server may take to describe its contract. The shell waits for as long. */
const patienceMs = 1_000

/** Prints what the last word of a line can become, one on each line. `line` is what was typed up to the cursor. */
export async function complete(shell: string, line: string, session: Session): Promise<void> {
  const words = wordsOf(line).slice(1)
  const found = await candidatesFor(words, {
    commands: [...commandsByName.keys()],
    partsOf(name): CommandParts {
      const command = commandsByName.get(name)
      return command ? partsOf(command, session.io) : { positionals: [], options: new Map() }
    },
    async contractOf(source) {
      const loaded = await loadContract(source, { timeout: patienceMs }, session).catch(() => undefined)
      return loaded?.document
    },
  })
  const typed = words.at(-1) ?? ''
  const safe = found.filter((candidate) => /^[\x21-\x7e\u00a0-\uffff]+$/.test(candidate))
  if (safe.length === 0) return
  await session.output.print(
    safe.map((candidate) => (shell === 'bash' ? bashReply(candidate, typed) : candidate)).join('\n'),
  )
}
