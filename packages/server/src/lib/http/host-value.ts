import { TidingsError } from '@tidings/core'

/** What a host knows about a request, such as the user of its session. {@link hostValue} creates it. */
export interface HostValue<Value> {
  /**
   * Attaches a value to a request, and returns the request, for the handler:
   * `handler(user.attach(request.raw, request.session.user), reply.raw)`.
   */
  attach<Request extends object>(request: Request, value: Value): Request
  /**
   * Returns the value that is attached to the `request` of `context` or of middleware.
   *
   * @throws TidingsError `internal` for a request without a value, such as one that another node forwarded
   */
  of(request: object | undefined): Value
}

/**
 * Creates a value that a host attaches to its requests, and that `context` and middleware read with its type:
 * `const user = hostValue<User>('user')`. The value may be anything the host has, such as the request of
 * Fastify or the context of Koa.
 *
 * @param name names the value in the error for a request that lacks it
 */
export function hostValue<Value>(name: string): HostValue<Value> {
  const values = new WeakMap<object, { readonly value: Value }>()
  return {
    attach(request, value) {
      values.set(request, { value })
      return request
    },
    of(request) {
      const attached = request && values.get(request)
      if (attached) return attached.value
      const message = request
        ? `hostValue: this request has no "${name}". Attach it to the request that the handler receives`
        : `hostValue: without the host's request there is no "${name}": another node forwarded it, or this program calls itself. Identify the caller by \`headers\``
      throw new TidingsError({ code: 'internal', message })
    },
  }
}
