import { decisions } from './decisions.js'

export default { watch: ['../decisions/*.md'], load: decisions }
