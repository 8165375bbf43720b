import type { CompiledContract } from '@tidings/core/wire'

/** A server, as other servers of the process see it, which may use another copy of this module. */
interface RegisteredServer {
  /** Identifies the contract by its content. */
  readonly shape: string
  hasSubscribers(topicKey: string): boolean
}

/** The key of the process's registry of servers without a bus, which references them weakly. */
const registryKey = Symbol.for('@tidings/server.registry.1')

function registry(): Set<WeakRef<RegisteredServer>> {
  const global = globalThis as { [registryKey]?: Set<WeakRef<RegisteredServer>> }
  global[registryKey] ??= new Set()
  return global[registryKey]
}

/**
 * Detects two servers of one contract in a process without a bus: events emitted on one do not reach subscribers of the
 * other. This happens when modules are loaded twice, as Next.js does in development.
 */
export class DuplicateServerCheck {
  readonly #registry = registry()
  // A strong reference: the registry has only a weak one.
  readonly #own: RegisteredServer
  /** Undefined if servers cannot or should not find each other. */
  readonly #ref: WeakRef<RegisteredServer> | undefined
  readonly #onDuplicate: (error: Error, topicKey: string) => void
  #isReported = false

  constructor(
    contract: CompiledContract,
    hasSubscribers: (topicKey: string) => boolean,
    onDuplicate: (error: Error, topicKey: string) => void,
  ) {
    this.#own = { shape: shapeOf(contract), hasSubscribers }
    this.#ref = isProcessShared() ? undefined : new WeakRef(this.#own)
    this.#onDuplicate = onDuplicate
    if (this.#ref) this.#registry.add(this.#ref)
  }

  /** Checks an emitted event. With one server in the process, that costs two comparisons. */
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
    if (this.#ref) this.#registry.delete(this.#ref)
  }

  #report(topicKey: string): void {
    this.#isReported = true
    const message = `An event of "${topicKey}" was emitted on a server that has no subscribers for it, while another server of the same contract in this process has some. If modules are loaded twice, as Next.js does in development, keep the server in \`globalThis\`; otherwise give both a bus: memoryBus()`
    this.#onDuplicate(new Error(message), topicKey)
  }
}

/**
 * Whether a process has servers that are separate on purpose: Cloudflare Workers run many Durable Objects in one.
 * Without weak references, as in their older versions, servers cannot find each other anyway.
 */
function isProcessShared(): boolean {
  const { navigator } = globalThis as { navigator?: { readonly userAgent?: string } }
  return typeof WeakRef === 'undefined' || navigator?.userAgent === 'Cloudflare-Workers'
}

function shapeOf({ procedures }: CompiledContract): string {
  const shape = [...procedures].map(([path, procedure]) => [
    path,
    procedure.kind,
    procedure.kind === 'command' ? [] : [...procedure.events.keys()].sort(),
  ])
  return JSON.stringify(shape.sort())
}
