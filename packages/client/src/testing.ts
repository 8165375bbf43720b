export { type ErrorMatch, TestErrors } from './lib/testing/test-errors.js'
