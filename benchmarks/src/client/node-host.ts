import { Child } from '../lib/child.js'
import type { ClientHost } from './client-host.js'
import type { ReaderCommands } from './reader.js'

/** Each client is a process of its own, whose CPU is measured: user and system. */
export const nodeHost: ClientHost = {
  name: 'Node',
  async connect(name, topics, url) {
    const reader = new Child<ReaderCommands>('@tidings/benchmarks/client-reader', name, [
      name,
      String(topics),
      url,
    ])
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
