import { mergeConfig } from 'vitest/config'
import preset from '../../vitest.preset.ts'

// Vite bundles for production only with this value, and Vitest sets another.
export default mergeConfig(preset, { test: { env: { NODE_ENV: 'production' } } })
