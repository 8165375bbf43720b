import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

/** What every package's tests share. Packages are tested against each other's source, not their builds. */
export default defineConfig({
  // Vitest hands these on to Node as well, where `import` or `default` among them would break every `require`. Without
  // `module`, which packages mean for bundlers: Node cannot load what some of them have there.
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
    // Some tests measure what is left on the heap.
    execArgv: ['--expose-gc'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
