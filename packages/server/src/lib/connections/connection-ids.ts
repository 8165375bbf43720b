import { randomBytes } from 'node:crypto'

/** How far ahead of this one the clock of another process may be, in milliseconds. */
const skewMs = 60_000

/** The name of a node, a time to base 36, and a secret. */
const form = /^([\w-]{8})\.([\da-z]{1,10})\.[\w-]{22}$/

/**
 * Makes the ids of shared connections: the node that the connection is on, when it was opened, and 128 random bits, which
 * cannot be guessed.
 */
export class ConnectionIds {
  readonly #nodeId: string
  readonly #beganAt = Date.now()

  constructor(nodeId: string) {
    this.#nodeId = nodeId
  }

  create(): string {
    return `${this.#nodeId}.${Date.now().toString(36)}.${randomBytes(16).toString('base64url')}`
  }

  /**
   * Whether an id says that another process has opened the connection while this one runs. After a restart, clients ask for
   * connections of the process before, which are older.
   */
  isOfConcurrentProcess(id: string): boolean {
    const [, nodeId, time = ''] = form.exec(id) ?? []
    if (nodeId === undefined || nodeId === this.#nodeId) return false
    const openedAt = Number.parseInt(time, 36)
    return openedAt >= this.#beganAt && openedAt <= Date.now() + skewMs
  }
}

/** The node that a connection is on. */
export function nodeOf(id: string): string | undefined {
  return form.exec(id)?.[1]
}
