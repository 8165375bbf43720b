import { defineConfig } from 'tsup'

/** What is measured runs as plain JavaScript in plain Node, against the packages' own builds. */
export default defineConfig({
  entry: ['src/**/*.ts', '!src/**/*.test.ts', 'subjects/*.ts'],
  // Each file for itself, in the same folders: processes are started by the path of their file.
  bundle: false,
  format: 'esm',
  target: 'node20',
  clean: true,
})
