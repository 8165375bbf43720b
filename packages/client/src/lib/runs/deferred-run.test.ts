import { expect, it, vi } from 'vitest'

it('loads the code of runs again after it could not be loaded', async () => {
  // Test files share a process, in which another one may have loaded it.
  vi.resetModules()
  const { loadRuns } = await import('./deferred-run.js')
  vi.doMock('./run.js', () => {
    throw new Error('Failed to fetch dynamically imported module')
  })
  const message = 'The code of runs could not be loaded'
  await expect(loadRuns()).rejects.toMatchObject({ code: 'network', message })
  vi.doUnmock('./run.js')
  expect(await loadRuns()).toHaveProperty('UntypedRun')
})
