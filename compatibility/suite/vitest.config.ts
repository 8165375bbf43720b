import { mergeConfig } from 'vitest/config'
import preset from '../../vitest.preset.ts'

// Two cores are what a small machine has, and a compiler takes one of them.
export default mergeConfig(preset, { test: { maxConcurrency: 2 } })
