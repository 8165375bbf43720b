import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { server: 'src/server/main.ts', cluster: 'src/cluster/main.ts' },
  format: 'esm',
  target: 'node20',
  // Vite has put the front end beside it.
  clean: false,
})
