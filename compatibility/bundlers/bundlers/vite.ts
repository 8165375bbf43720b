import { build, createLogger, version } from 'vite'
import type { Bundler } from './bundler.js'

export const vite: Bundler = {
  name: 'Vite',
  version,
  limitKb: 52,
  async bundle({ app, output }) {
    const warnings: string[] = []
    const logger = createLogger('silent')
    logger.warn = (message) => warnings.push(message)
    logger.warnOnce = logger.warn
    await build({
      configFile: false,
      root: app,
      base: './',
      logLevel: 'silent',
      customLogger: logger,
      build: {
        outDir: output,
        emptyOutDir: true,
        sourcemap: true,
        // It warns of a slow machine.
        rolldownOptions: { checks: { bundlerTimings: false } },
      },
    })
    return warnings
  },
}
