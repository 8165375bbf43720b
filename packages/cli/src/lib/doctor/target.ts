/** The server that is examined, as the command line names it. */
export interface Target {
  /** Where it is mounted, without a slash at its end. */
  readonly url: URL
  /** Headers of every request, with lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether to go on with a certificate that is not valid. */
  readonly insecure: boolean
  /** How long a response may take. */
  readonly timeoutMs: number
}

export type Protocol = 'HTTP/1.1' | 'HTTP/2'

/** Returns the path of the mount, or of something below it. */
export function pathOf({ url }: Target, below = ''): string {
  const mount = url.pathname.replace(/\/+$/, '')
  return below === '' ? mount || '/' : `${mount}/${below}`
}

export function portOf({ url }: Target): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80))
}

/** Returns the host as sockets take it: an IPv6 address without its brackets. */
export function hostOf({ url }: Target): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}
