import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Parcel } from '@parcel/core'
import logger from '@parcel/logger'
import type { Bundler } from './bundler.js'

const require = createRequire(import.meta.url)
const { version } = require('@parcel/core/package.json') as { version: string }

/** Parcel reads the `exports` and `imports` of packages only if the project's `package.json` has this. */
export const parcelSettings = { '@parcel/resolver-default': { packageExports: true } }

export const parcel: Bundler = {
  name: 'Parcel',
  version,
  // It keeps parts of zod that the page does not use.
  limitKb: 70,
  async bundle({ app, output }) {
    const warnings: string[] = []
    const subscription = logger.onLog((event) => {
      if (event.level === 'warn') warnings.push(...(event.diagnostics ?? []).map(({ message }) => message))
    })
    const bundler = new Parcel({
      entries: join(app, 'index.html'),
      defaultConfig: require.resolve('@parcel/config-default'),
      mode: 'production',
      env: { NODE_ENV: 'production' },
      defaultTargetOptions: { distDir: output, publicUrl: './' },
      shouldDisableCache: true,
      cacheDir: `${output}-cache`,
      shouldAutoInstall: false,
      logLevel: 'none',
    })
    try {
      await bundler.run()
    } finally {
      subscription.dispose()
    }
    return warnings
  },
}
