// One client in a process of its own: see bench.ts.
import { serveParent } from '../lib/child.js'
import { type ClientName, subjects } from './subjects.js'

export interface Reading {
  /** CPU of the process for one event, in microseconds. */
  readonly cpuUs: number
  readonly outOfOrder: number
}

const [name, url = ''] = process.argv.slice(2)
let received = 0
let last = 0
let outOfOrder = 0
let expected = 0
let before = process.cpuUsage()
let onAll = () => {}

await subjects[name as ClientName](url, ({ seq }) => {
  received += 1
  if (last > 0 && seq !== last + 1) outOfOrder += 1
  last = seq
  if (received === expected) onAll()
})

const commands = {
  /** Resolves when that many events have arrived since the last call, with what they cost. */
  async receive(count: number): Promise<Reading> {
    expected += count
    if (received < expected) {
      await new Promise<void>((resolve) => {
        onAll = resolve
      })
    }
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    return { cpuUs: (user + system) / count, outOfOrder }
  },
}

export type ReaderCommands = typeof commands

serveParent(commands)
