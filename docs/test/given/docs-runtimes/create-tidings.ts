import type { Tidings } from '@tidings/server'
import type { contract } from '../../../../examples/quick-start/contract.js'

export declare function createTidings(heartbeatMs: number): Tidings<typeof contract>
