import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset'

// A program, not a library: one format and no declarations.
export default defineConfig({ ...preset, entry: ['src/index.ts'], format: ['esm'], dts: false })
