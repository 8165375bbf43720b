/** Notices a server whose contract is another version than that of its client. */
export { type Drift, type DriftWatch, watchDrift } from './lib/drift/watch-drift.js'
