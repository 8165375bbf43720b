/** The scheme and authority of a request target in absolute form (RFC 9112 section 3.2.2). */
const absoluteForm = /^https?:\/\/([^/?#]*)/i

/** Returns a request target in origin form: a path and a query. */
export function originForm(target: string): string {
  const rest = target.replace(absoluteForm, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Returns the authority of a request target in absolute form, which overrides `Host`. */
export function authorityOf(target: string): string | undefined {
  return absoluteForm.exec(target)?.[1] || undefined
}

/** Returns the path and the query of a request target below a mount, as a server receives them. */
export function parseTarget(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const [pathname = '', ...rest] = originForm(target).split('?')
  // Not decoded: names in a contract need no encoding, and a guard in front has checked this path.
  return { path: pathname.replace(/^\/|\/$/g, ''), query: new URLSearchParams(rest.join('?')) }
}
