import type { CompleteResponse } from '@tidings/server'

/** What a page may load: only what its own server sends. Neither styles nor scripts stand in its HTML. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Headers of every response: other sites can neither frame nor read it, and learn nothing from its links. */
const securityHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const

/** Returns the page, which caches must ask for each time: it names the current files. */
export function pageResponse(html: string): CompleteResponse {
  return {
    kind: 'complete',
    status: 200,
    headers: {
      ...securityHeaders,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': contentSecurityPolicy,
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
      'Cache-Control': 'private, no-cache',
    },
    body: html,
  }
}

/** Returns a file whose name contains its hash, which a browser may keep. */
export function fileResponse({ type, body }: { type: string; body: string }): CompleteResponse {
  return {
    kind: 'complete',
    status: 200,
    headers: {
      ...securityHeaders,
      'Content-Type': type,
      'Cache-Control': 'private, max-age=31536000, immutable',
    },
    body,
  }
}

/** Returns JSON that is never stored. */
export function dataResponse(json: string): CompleteResponse {
  return {
    kind: 'complete',
    status: 200,
    headers: { ...securityHeaders, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    body: json,
  }
}
