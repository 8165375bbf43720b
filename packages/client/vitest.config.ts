import { mergeConfig } from 'vitest/config'
import preset from '../../vitest.preset.ts'

// The tests restore what they change globally, so their files share processes, which take long to start.
export default mergeConfig(preset, { test: { isolate: false } })
