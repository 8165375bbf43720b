import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { FailureList } from './vitest.failure-list.ts'

/** The files that wait longest, the longest first. Begun last, each would prolong the whole run. */
const slowest = [
  'hosts/next.test.ts',
  'test/histories/histories.test.ts',
  'test/bus/runs.test.ts',
  'test/share-life.test.ts',
  'test/chaos/chaos.test.ts',
  'test/bus/nodes.test.ts',
  'test/page-life.test.ts',
  'test/bus/redis-slots.test.ts',
  'test/nginx.test.ts',
  'test/share-storm.test.ts',
  'test/histories/runs/runs.test.ts',
  'test/native-entry.test.ts',
  'test/reality.test.ts',
  'test/bus/redis-sentinel.test.ts',
  'test/ignored-emits.test.ts',
  'test/bus/redis-bus.test.ts',
  'hosts/workerd.test.ts',
]

/** Begins the slowest files first. Vitest orders files by how long they took before, which a fresh clone does not know. */
class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = slowest.findIndex((name) => moduleId.endsWith(name))
      return place === -1 ? slowest.length : place
    }
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}

const failureFile = process.env['TIDINGS_FAILURES']

/** The settings of every package's tests. Packages are tested against each other's source, not their builds. */
export default defineConfig({
  // Vitest passes the conditions on to Node, where `import` or `default` would break every `require`.
  // `module` is for bundlers, and Node cannot load some of its files.
  ssr: {
    resolve: {
      conditions: [
        '@tidings/source',
        ...defaultServerConditions.filter((condition) => condition !== 'module'),
      ],
    },
  },
  test: {
    include: ['*.test.ts', 'src/**/*.test.ts', 'test/**/*.test.ts'],
    // Some tests measure the heap.
    execArgv: ['--expose-gc'],
    // Tests mostly wait for timers, processes and the network, so more of them run than there are cores.
    maxWorkers: 2,
    sequence: { sequencer: SlowestFirst },
    reporters: ['default', ...(failureFile === undefined ? [] : [new FailureList(failureFile)])],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A machine that runs many tests at once may be too slow for one of them. A test that waited too long is run once
    // more and named at the end of the output; any other failure, a lost or repeated event included, counts at once.
    retry: process.env['CI']
      ? {
          count: 1,
          condition: /^waited in vain|timed out|Timeout \d+ms exceeded|did not (answer within|emit another)/i,
        }
      : 0,
    // A page of a browser may need longer than a second, on a machine that runs many tests at once.
    expect: { poll: { timeout: 30_000 } },
  },
})
