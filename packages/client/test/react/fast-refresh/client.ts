import { createClient } from '@tidings/client'
import { contract } from '../../contract.ts'

export const client = createClient(contract, { url: '/events', lingerMs: 20 })
