export { contract } from '../../../examples/quick-start/contract.js'
