import { createHash } from 'node:crypto'
import { coordinationFunctions } from './coordination-functions.js'
import { logFunctions } from './log-functions.js'

/** Returns the source of the library, which registers every function under a name. */
const sourceOf = (name: string) => `#!lua name=${name}
${logFunctions}${coordinationFunctions}
redis.register_function('${name}_append', append)
redis.register_function('${name}_extend', extend)
redis.register_function('${name}_begin', begin)
-- Allowed while memory is short: to read an existing topic or to release takes none, and to discard frees some.
redis.register_function{function_name = '${name}_read', callback = read, flags = { 'allow-oom' }}
redis.register_function{function_name = '${name}_expire', callback = expire, flags = { 'allow-oom' }}
redis.register_function{function_name = '${name}_drop', callback = drop, flags = { 'allow-oom' }}
redis.register_function('${name}_acquire', acquire)
redis.register_function{function_name = '${name}_release', callback = release, flags = { 'allow-oom' }}
redis.register_function{function_name = '${name}_count', callback = count, flags = { 'allow-oom' }}
redis.register_function('${name}_take', take)
`

/**
 * The name of the library, with a hash of its source. Redis finds a library by its name alone, and nodes with
 * different versions of this package may share one Redis.
 */
export const libraryName = `tidings_${createHash('sha256').update(sourceOf('')).digest('hex').slice(0, 16)}`

export const librarySource = sourceOf(libraryName)
