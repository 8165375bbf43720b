import { configDefaults, defineConfig } from 'vitest/config'
import preset from '../../vitest.preset.ts'

/** Imports other test files, with a mock in place of what they import. */
const importing = 'test/native-entry.test.ts'

export default defineConfig({
  ...preset,
  test: {
    ...preset.test,
    projects: [
      {
        ...preset,
        test: {
          ...preset.test,
          name: 'client',
          exclude: [...configDefaults.exclude, importing],
          // The tests restore what they change globally, so their files share processes.
          isolate: false,
        },
      },
      // In a shared process, the imported files may have run already, and would not run again.
      { ...preset, test: { ...preset.test, name: 'native entry', include: [importing] } },
    ],
  },
})
