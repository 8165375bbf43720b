import { randomBytes } from 'node:crypto'

/** Milliseconds the clock of another process may be ahead of this one. */
const skewMs = 60_000

/** A node id, a time to base 36, and a secret. */
const form = /^([\w-]{8})\.([\da-z]{1,10})\.[\w-]{22}$/

/** Creates the ids of shared connections: the connection's node, the time when it was opened, and 128 random bits. */
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
   * Whether another process opened the connection while this process was running. After a restart, clients still name
   * connections of the previous process, which are older.
   */
  isOfConcurrentProcess(id: string): boolean {
    const [, nodeId, time = ''] = form.exec(id) ?? []
    if (nodeId === undefined || nodeId === this.#nodeId) return false
    const openedAt = Number.parseInt(time, 36)
    return openedAt >= this.#beganAt && openedAt <= Date.now() + skewMs
  }
}

/** Returns the id of a connection's node. */
export function nodeOf(id: string): string | undefined {
  return form.exec(id)?.[1]
}
