// One reader of runs in a process of its own: see live.ts.
import { serveParent } from '../lib/child.js'
import type { StreamName, Work } from './contract.js'
import { type ReaderName, readers } from './readers.js'

const [name, url = ''] = process.argv.slice(2)
const reader = await readers[name as ReaderName](url)

const commands = {
  /** Reads a run to its end. Resolves with the CPU time of the process meanwhile, in microseconds. */
  async read({ stream, work }: { stream: StreamName; work: Work }): Promise<number> {
    const before = process.cpuUsage()
    await reader.read(stream, work, () => {})
    const { user, system } = process.cpuUsage(before)
    return user + system
  },

  /** Reads short runs one after another. Resolves with the time from each start to its first event, in milliseconds. */
  async start({ stream, work, runs }: { stream: StreamName; work: Work; runs: number }): Promise<number[]> {
    const times: number[] = []
    for (let run = 0; run < runs; run += 1) {
      const startedAt = performance.now()
      let time: number | undefined
      await reader.read(stream, work, () => {
        time ??= performance.now() - startedAt
      })
      times.push(time ?? Number.NaN)
    }
    return times
  },
}

export type ReaderCommands = typeof commands

serveParent(commands)
