import { Child } from '../lib/child.js'
import { withPackagesOf } from '../lib/other-checkout.js'
import { node } from '../lib/runtimes.js'
import type { ClientHost } from './client-host.js'
import { subjectOf } from './clients.js'
import type { ReaderCommands } from './reader.js'

/**
 * Each client is a process of its own, whose CPU is measured: user and system.
 *
 * @param before a checkout whose packages the client `before` uses
 */
export function nodeHost(before?: string): ClientHost {
  return {
    name: 'Node',
    async connect(name, topics, url) {
      const runtime = name === 'before' && before !== undefined ? withPackagesOf(before) : node
      const args = [subjectOf(name), String(topics), url]
      const reader = new Child<ReaderCommands>('@tidings/benchmarks/client-reader', name, args, runtime)
      return {
        receive: (count) => reader.call('receive', count),
        cpuUs: () => reader.call('cpuUs'),
        beginSampling: () => reader.call('beginSampling'),
        endSampling: () => reader.call('endSampling'),
        outOfOrder: () => reader.call('outOfOrder'),
        end: () => reader.end(),
      }
    },
  }
}
