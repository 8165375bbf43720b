import type { JsonSchema } from './document.js'

/** The credentials that a request needs. */
export type Credential =
  /** The `Authorization` header, with a bearer token. */
  | { readonly kind: 'bearer' }
  /** The `Authorization` header, with a name and a password. */
  | { readonly kind: 'basic' }
  /** A cookie, or a header such as `x-api-key`. */
  | { readonly kind: 'cookie' | 'header'; readonly name: string }

/** What an AsyncAPI or OpenAPI document states that a contract does not say. */
export interface About {
  /** The name of the service. */
  readonly title: string
  /** The version of the described API, such as `1.4.0`. */
  readonly version: string
  /** What the service is for, in Markdown. */
  readonly description?: string
  /**
   * The URL of the server's mount: `https://chat.example/events`.
   *
   * By default, an OpenAPI document names the place that it was loaded from, and an AsyncAPI document names no server.
   */
  readonly url?: string
  /** The licence of the API. Validators warn about an OpenAPI document without one. */
  readonly license?: {
    readonly name: string
    readonly url?: string
    /** The licence's SPDX identifier, in place of `url`. Only OpenAPI has a field for it. */
    readonly identifier?: string
  }
  readonly contact?: { readonly name?: string; readonly url?: string; readonly email?: string }
  /** The credentials of which a request needs one. By default the documents name none. */
  readonly credentials?: readonly Credential[]
}

/** Returns the part of a document about the service. */
export function infoOf({ title, version, description, license, contact }: About): JsonSchema {
  return {
    title,
    version,
    ...(description !== undefined && { description }),
    ...(contact && { contact }),
    ...(license && { license }),
  }
}

/**
 * Returns a security scheme for each kind of credentials, by a name.
 *
 * @param keyType the type of a scheme that is a header or cookie, which AsyncAPI and OpenAPI name differently
 */
export function securitySchemes(
  { credentials = [] }: About,
  keyType: 'apiKey' | 'httpApiKey',
): ReadonlyMap<string, JsonSchema> {
  return new Map(
    credentials.map((credential): [string, JsonSchema] => {
      const { kind } = credential
      return kind === 'cookie' || kind === 'header'
        ? [
            `${kind}.${credential.name.replaceAll(/[^\w.-]/g, '_')}`,
            { type: keyType, in: kind, name: credential.name },
          ]
        : [kind, { type: 'http', scheme: kind }]
    }),
  )
}
