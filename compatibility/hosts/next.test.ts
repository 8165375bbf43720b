import { hostSuite } from './suite/host-suite.js'
import { nextVersion, startNext } from './suite/next-app.js'

hostSuite('Next.js 16', {
  version: nextVersion('next-16'),
  files: ['next.ts'],
  hasRoutes: true,
  start: () => startNext('next-16'),
})

hostSuite('Next.js 15', {
  version: nextVersion('next-15'),
  files: ['next.ts'],
  hasRoutes: true,
  start: () => startNext('next-15'),
})
