export { contract } from '../../../../../examples/quick-start/list/contract.js'
