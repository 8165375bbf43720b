import { mergeConfig } from 'vitest/config'
import preset from '../../vitest.preset.ts'

// One process for all files, whose language services share what they have parsed.
export default mergeConfig(preset, {
  test: { isolate: false, maxWorkers: 1, include: ['testing/handlers.test.ts'] },
})
