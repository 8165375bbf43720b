import { mergeConfig } from 'vitest/config'
import preset from '../../vitest.preset.ts'

// The tests share no global state, so their files share processes, which take longer to start than most tests run.
export default mergeConfig(preset, { test: { isolate: false } })
