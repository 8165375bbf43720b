import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { server: 'src/server/main.ts' },
  format: 'esm',
  target: 'node20',
  // Vite has put the page beside it.
  clean: false,
})
