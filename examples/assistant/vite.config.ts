import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig(({ command }) => ({
  // While developing, changes in the packages show at once; the build uses them as they would be published.
  resolve: command === 'serve' ? { conditions: ['@tidings/source', ...defaultClientConditions] } : {},
  build: { outDir: 'dist/web', emptyOutDir: true },
  server: { proxy: { '/events': 'http://localhost:3000' } },
}))
