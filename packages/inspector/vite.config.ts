import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Writes the page as one module of texts, `page.js`, which `src/lib/inspector.ts` imports on demand as `#page`. */
function embed(): Plugin {
  return {
    name: 'embed',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        let html = ''
        const files: Record<string, { type: string; body: string }> = {}
        for (const [name, output] of Object.entries(bundle)) {
          const body = output.type === 'chunk' ? output.code : textOf(output.source)
          const type = types[name.slice(name.lastIndexOf('.') + 1)]
          delete bundle[name]
          // The page stands at `$inspect`, and its files below.
          if (name === 'index.html') html = body.replaceAll('"./', '"./$inspect/')
          else if (type) files[name] = { type, body }
          else this.error(`${name} is of no type that the inspector serves`)
        }
        const source = `export const html = ${JSON.stringify(html)}\nexport const files = ${JSON.stringify(files, null, 2)}\n`
        this.emitFile({ type: 'asset', fileName: 'page.js', source })
      },
    },
  }
}

function textOf(source: string | Uint8Array): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source)
}

export default defineConfig({
  root: 'page',
  base: './',
  plugins: [react(), embed()],
  resolve: { conditions: ['@tidings/source', ...defaultClientConditions] },
  build: {
    // Beside what tsup has built.
    outDir: '../dist',
    emptyOutDir: false,
    target: 'es2022',
    // Keeps `light-dark()` as it is.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      output: {
        entryFileNames: '[name]-[hash].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
})
