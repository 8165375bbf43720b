import type { Handlers } from '@tidings/server'
import type { contract } from '../../../../examples/quick-start/contract.js'

export declare const handlers: Handlers<typeof contract, unknown>
