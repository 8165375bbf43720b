import { TidingsError } from '@tidings/core'
import { implement } from '../../src/index.js'
import { contract } from './contract.js'

interface User {
  readonly id: string
  readonly isAdmin: boolean
}

/** The calls that were measured, as `path`. */
export const measured: string[] = []

function log(path: string, ms: number): void {
  if (ms >= 0) measured.push(path)
}

async function userOf(headers: Headers): Promise<User | undefined> {
  const id = headers.get('authorization')
  return id === null ? undefined : { id, isAdmin: id === 'root' }
}

// From here on, as the design has it.
export const app = implement(contract, {
  context: async ({ headers }) => ({ user: await userOf(headers) }),
}).use(async ({ procedure, next }) => {
  const begin = performance.now()
  try {
    return await next()
  } finally {
    log(procedure.path, performance.now() - begin)
  }
})
export const members = app.use(({ context, next }) => {
  if (!context.user) throw new TidingsError({ code: 'unauthorized' })
  return next({ context: { user: context.user } }) // `user` is a User from here on
})
