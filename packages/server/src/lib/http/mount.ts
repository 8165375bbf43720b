import { TidingsError } from '@tidings/core'
import type { CompleteResponse } from './adapter.js'
import { originForm } from './request-target.js'
import { problemResponse } from './responses.js'

/** The path below which a server is mounted, where no framework removes it from the URL. */
export class Mount {
  readonly #path: string
  readonly #prefix: string

  constructor(path: string) {
    this.#path = `/${path.replace(/^\/+|\/+$/g, '')}`
    this.#prefix = this.#path === '/' ? '' : this.#path
  }

  /** Returns the part of a request's URL below the mount, or undefined if the URL is outside. */
  below(url: string): string | undefined {
    const target = originForm(url)
    const rest = target.slice(this.#prefix.length)
    return target.startsWith(this.#prefix) && /^(?:[/?]|$)/.test(rest) ? rest : undefined
  }

  /** Returns the response to a request outside the mount. */
  refusal(url: string): CompleteResponse {
    const message = `Tidings serves paths below ${this.#path}, not ${originForm(url).split('?')[0]}`
    return problemResponse(new TidingsError({ code: 'not_found', message }))
  }
}
