import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset'

export default defineConfig({
  ...preset,
  // What `#check-contract` stands for is chosen where the package is used: see `imports` in package.json.
  entry: ['src/*.ts', 'src/lib/check-contract.ts', 'src/lib/no-check.ts'],
  external: ['#check-contract'],
})
