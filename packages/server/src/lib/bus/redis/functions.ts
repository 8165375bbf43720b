import { setTimeout as sleep } from 'node:timers/promises'
import { libraryName, librarySource } from './library.js'
import type { RedisLink } from './link.js'

/** How long to wait before a call is repeated because its keys are being moved, in milliseconds. */
const retryMs = 20

/** The functions of the library, loaded into Redis when they are missing. */
export class Functions {
  readonly #link: RedisLink
  readonly #timeoutMs: number
  #loading: Promise<void> | undefined

  /** @param timeoutMs how long a call is repeated while a cluster moves its keys */
  constructor(link: RedisLink, timeoutMs: number) {
    this.#link = link
    this.#timeoutMs = timeoutMs
  }

  /**
   * Calls a function, after loading the library if it is missing. While a cluster moves the keys, the call is
   * repeated until one server has them all.
   */
  async call(name: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const command = ['FCALL', `${libraryName}_${name}`, String(keys.length), ...keys, ...args]
    const deadline = performance.now() + this.#timeoutMs
    let hasLoaded = false
    while (true) {
      try {
        return await this.#link.command(keys[0] as string, command)
      } catch (error) {
        if (isMoving(error) && performance.now() < deadline) {
          await sleep(retryMs)
        } else if (isMessage(error, 'Function not found') && !hasLoaded) {
          hasLoaded = true
          await this.#load()
        } else {
          throw error
        }
      }
    }
  }

  /** Concurrent calls share one load. */
  #load(): Promise<void> {
    this.#loading ??= this.#loadOnce().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #loadOnce(): Promise<void> {
    try {
      await this.#link.load(librarySource)
    } catch (error) {
      // Another node was faster.
      if (!isMessage(error, 'already exists')) throw error
    }
  }
}

/** Whether a command was refused because a cluster is moving its keys from one server to another. */
function isMoving(error: unknown): boolean {
  // The client reports a server that has no slots yet as a node it cannot find.
  return isMessage(error, 'TRYAGAIN') || isMessage(error, 'Cannot find node')
}

function isMessage(error: unknown, part: string): boolean {
  return error instanceof Error && error.message.includes(part)
}
