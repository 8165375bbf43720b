import { createTidings } from './create-tidings.js'

export const tidings = createTidings()
