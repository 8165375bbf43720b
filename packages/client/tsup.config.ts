import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset'

export default defineConfig({
  ...preset,
  // What `#check-options` stands for is chosen where the package is used: see `imports` in package.json.
  entry: ['src/*.ts', 'src/lib/options/check-options.ts', 'src/lib/options/no-check-options.ts'],
  external: ['#check-options'],
})
