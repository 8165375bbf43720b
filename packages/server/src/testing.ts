export { type BusSuiteOptions, type BusTest, busSuite } from './lib/bus/bus-suite.js'
