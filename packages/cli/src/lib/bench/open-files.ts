import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { UsageError } from '../exit-code.js'

/** What a process needs besides its connections: files, and connections that other requests open for a moment. */
const reserve = 300

/**
 * Checks that this process may open that many connections.
 *
 * @throws UsageError that says how to raise the limit
 */
export function requireOpenFiles(connections: number, limit = openFileLimit()): void {
  const needed = connections + reserve
  if (limit === undefined || limit >= needed) return
  throw new UsageError(
    `${connections} connections need about ${needed} open files. The limit of this process is ${limit}`,
    openFilesHint(connections, limit - reserve),
  )
}

/** Says how to raise the limit for so many connections, or to how many they have to be reduced. */
export function openFilesHint(connections: number, possible: number): string {
  return `Raise it first: ulimit -n ${connections + reserve}\nOr open fewer: --connections ${Math.max(1, possible)}`
}

/** Whether a failure, or what caused it, is that a limit of this machine on sockets is reached. */
export function isOutOfSockets(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EMFILE' || code === 'ENFILE' || code === 'EADDRNOTAVAIL') return true
    if (cause instanceof AggregateError && cause.errors.some(isOutOfSockets)) return true
  }
  return false
}

/** Returns how many files this process may open, if the system tells. */
function openFileLimit(): number | undefined {
  try {
    const limits = process.platform === 'linux' ? readFileSync('/proc/self/limits', 'utf8') : undefined
    const text = limits
      ? /^Max open files\s+(\d+)/m.exec(limits)?.[1]
      : execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
    const limit = Number(text)
    return Number.isInteger(limit) && limit > 0 ? limit : undefined
  } catch {
    return undefined
  }
}
