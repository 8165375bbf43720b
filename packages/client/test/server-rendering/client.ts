import { createClient } from '@tidings/client'
import { contract } from './contract'

export const client = createClient(contract, { url: '/events' })
