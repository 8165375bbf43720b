import { randomName } from '../runtime/random.js'

/** Milliseconds the clock of another process may be ahead of this one. */
const skewMs = 60_000

/** A node id, a time to base 36, and a secret. */
const form = /^([\w-]{8})\.([\da-z]{1,10})\.[\w-]{22}$/

/** Creates the ids of shared connections: the connection's node, the time when it was opened, and 128 random bits. */
export class ConnectionIds {
  readonly #createNodeId: () => string
  #knownNodeId: string | undefined
  #beganAt = Date.now()

  /** @param nodeId called once, on first use, because some runtimes have no random values while a module loads */
  constructor(nodeId: () => string) {
    this.#createNodeId = nodeId
  }

  create(): string {
    return `${this.#nodeId}.${Date.now().toString(36)}.${randomName(22)}`
  }

  /**
   * Whether another process opened the connection while this process was running. After a restart, clients still name
   * connections of the previous process, which are older.
   */
  isOfConcurrentProcess(id: string): boolean {
    const [, nodeId, time = ''] = form.exec(id) ?? []
    if (nodeId === undefined || nodeId === this.#nodeId) return false
    // While a module loads, some runtimes have no clock either.
    this.#beganAt ||= Date.now()
    const openedAt = Number.parseInt(time, 36)
    return openedAt >= this.#beganAt && openedAt <= Date.now() + skewMs
  }

  get #nodeId(): string {
    this.#knownNodeId ??= this.#createNodeId()
    return this.#knownNodeId
  }
}

/** Returns the id of a connection's node. */
export function nodeOf(id: string): string | undefined {
  return form.exec(id)?.[1]
}
