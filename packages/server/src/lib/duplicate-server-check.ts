import type { CompiledContract } from '@tidings/core/wire'

/** A server, as others of the process see it, which may run another copy of this module. */
interface RegisteredServer {
  /** Names the contract by what is in it. */
  readonly shape: string
  hasSubscribers(topicKey: string): boolean
}

/** Where the servers of a process without a bus find each other. It keeps none of them. */
const registryKey = Symbol.for('@tidings/server.registry.1')

function registry(): Set<WeakRef<RegisteredServer>> {
  const global = globalThis as { [registryKey]?: Set<WeakRef<RegisteredServer>> }
  global[registryKey] ??= new Set()
  return global[registryKey]
}

/**
 * Notices that a contract is served twice in one process without a bus: what is emitted on one server does not reach the
 * subscribers of the other. It happens where modules are loaded twice, as by Next.js in development.
 */
export class DuplicateServerCheck {
  readonly #registry = registry()
  // What is referred to weakly has to be kept by its server.
  readonly #own: RegisteredServer
  readonly #ref: WeakRef<RegisteredServer>
  readonly #onDuplicate: (error: Error, topicKey: string) => void
  #isReported = false

  constructor(
    contract: CompiledContract,
    hasSubscribers: (topicKey: string) => boolean,
    notice: (error: Error, topicKey: string) => void,
  ) {
    this.#own = { shape: shapeOf(contract), hasSubscribers }
    this.#ref = new WeakRef(this.#own)
    this.#onDuplicate = notice
    this.#registry.add(this.#ref)
  }

  /** Looks at an event that was emitted. Where the process has one server, it costs two comparisons. */
  checkEmit(topicKey: string): void {
    if (this.#registry.size < 2 || this.#isReported || this.#own.hasSubscribers(topicKey)) return
    for (const ref of this.#registry) {
      const server = ref.deref()
      if (!server) this.#registry.delete(ref)
      else if (server !== this.#own && server.shape === this.#own.shape && server.hasSubscribers(topicKey)) {
        this.#report(topicKey)
        return
      }
    }
  }

  close(): void {
    this.#registry.delete(this.#ref)
  }

  #report(topicKey: string): void {
    this.#isReported = true
    const message = `An event of "${topicKey}" was emitted on a server that has no subscribers for it, while another server of the same contract in this process has some. If modules are loaded twice, as Next.js does in development, keep the server in \`globalThis\`; otherwise give both a bus: memoryBus()`
    this.#onDuplicate(new Error(message), topicKey)
  }
}

function shapeOf({ procedures }: CompiledContract): string {
  const shape = [...procedures].map(([path, procedure]) => [
    path,
    procedure.kind,
    procedure.kind === 'command' ? [] : [...procedure.events.keys()].sort(),
  ])
  return JSON.stringify(shape.sort())
}
