export * from '../contract.js'
