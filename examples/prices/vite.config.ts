import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig(({ command }) => ({
  plugins: [react()],
  // While developing, changes in the packages show at once; what is built uses them as they would be
  // published.
  resolve: command === 'serve' ? { conditions: ['@tidings/source', ...defaultClientConditions] } : {},
  build: { outDir: 'dist/web', emptyOutDir: true },
  server: { proxy: { '/events': 'http://localhost:3000', '/slow': 'http://localhost:3000' } },
}))
