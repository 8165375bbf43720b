export { model } from '../../../../examples/quick-start/answers/model.js'
