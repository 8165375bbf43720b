import { setTimeout as sleep } from 'node:timers/promises'
import { libraryName, librarySource } from './library.js'
import type { RedisLink } from './link.js'

/** How long to wait for keys that are being moved, in milliseconds. */
const movingMs = 20

/** Our functions in Redis, which are loaded wherever it does not have them. */
export class Functions {
  readonly #link: RedisLink
  readonly #timeoutMs: number
  #loading: Promise<void> | undefined

  /** @param timeoutMs for how long a function is called again while its keys are being moved */
  constructor(link: RedisLink, timeoutMs: number) {
    this.#link = link
    this.#timeoutMs = timeoutMs
  }

  /**
   * Calls a function, after loading them where Redis does not have them. Where a cluster is moving its keys, it is called
   * again until they are all in one place.
   */
  async call(name: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const command = ['FCALL', `${libraryName}_${name}`, String(keys.length), ...keys, ...args]
    const until = performance.now() + this.#timeoutMs
    let hasLoaded = false
    while (true) {
      try {
        return await this.#link.command(keys[0] as string, command)
      } catch (error) {
        if (isMoving(error) && performance.now() < until) {
          await sleep(movingMs)
        } else if (isMessage(error, 'Function not found') && !hasLoaded) {
          hasLoaded = true
          await this.#load()
        } else {
          throw error
        }
      }
    }
  }

  /** Those who find them missing at once share it. */
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
      // Another node has been quicker.
      if (!isMessage(error, 'already exists')) throw error
    }
  }
}

/** Whether a command was refused because some of its keys are at one server of a cluster and some at another. */
function isMoving(error: unknown): boolean {
  // The latter is what the client says of a server that has no slots of its own yet.
  return isMessage(error, 'TRYAGAIN') || isMessage(error, 'Cannot find node')
}

function isMessage(error: unknown, part: string): boolean {
  return error instanceof Error && error.message.includes(part)
}
