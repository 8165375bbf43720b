import { defineConfig } from 'tsup'

/** The benchmarks run as plain JavaScript in plain Node, on the packages' builds. */
export default defineConfig({
  entry: ['src/**/*.ts', '!src/**/*.test.ts', 'subjects/*.ts'],
  // Each file separately, in the same folders, because processes are started by the path of a file.
  bundle: false,
  format: 'esm',
  target: 'node20',
  clean: true,
})
