export { type BusSuiteOptions, type BusTest, busSuite } from './lib/bus-suite.js'
