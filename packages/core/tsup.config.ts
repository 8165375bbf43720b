import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset'

export default defineConfig({
  ...preset,
  // What these names stand for is chosen where the package is used: see `imports` in package.json.
  entry: ['src/*.ts', 'src/lib/{check-contract,no-check,encode-plan,no-plan}.ts'],
  external: ['#check-contract', '#encode-plan'],
})
