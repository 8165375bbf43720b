import { defineConfig } from 'vitest/config'

/** What every package's tests share. Packages are tested against each other's source, not their builds. */
export default defineConfig({
  resolve: { conditions: ['@tidings/source'] },
  ssr: { resolve: { conditions: ['@tidings/source', 'module', 'node', 'import', 'default'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    typecheck: { enabled: true, include: ['**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
