import { TidingsError } from '@tidings/core'

/** Returns the error for a request that is not of the expected host. `accessor` is the function that was called. */
export function otherHost(accessor: string, host: string, request: object | undefined): TidingsError {
  const message = request
    ? `${accessor}: the server is not mounted in ${host}, whose request this would be. Use the accessor of the entry that mounts it`
    : `${accessor}: another node forwarded this request, without the request of ${host}. Identify the caller by \`headers\``
  return new TidingsError({ code: 'internal', message })
}
