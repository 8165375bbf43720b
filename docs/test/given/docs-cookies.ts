import type { Tidings } from '@tidings/server'
import type { Express, Request } from 'express'
import type { Person, contract as team } from '../../../examples/team/src/contract.js'
import type { clientOf } from '../../../examples/team/src/web/client.js'

export { randomBytes } from 'node:crypto'
export { promisify } from 'node:util'
export { default as session, type SessionData } from 'express-session'
export { contract, type Person } from '../../../examples/team/src/contract.js'
export { admin } from '../../../examples/team/src/server/admin.js'
export { incidents } from '../../../examples/team/src/server/incidents.js'
export { logging } from '../../../examples/team/src/server/middleware.js'
export {
  type Context,
  contextOf,
  sessionMs,
  storedSession,
} from '../../../examples/team/src/server/session.js'
export { signIn } from '../../../examples/team/src/server/sign-in.js'
export { accessChanges, generationOf, userOf } from '../../../examples/team/src/server/users.js'

// What the files of the example declare and do not export.
type Team = ReturnType<typeof clientOf>
export declare const host: Express
export declare const origins: string[]
export declare const tidings: Tidings<typeof team>
export declare const request: Request
export declare const user: Person
export declare const board: ReturnType<ReturnType<Team['incidents']['board']>['state']>
export declare function report(error: unknown): void
export declare function onSessionEnd(): void
export declare function change(id: string, changes: { generation: number }): Person | undefined
