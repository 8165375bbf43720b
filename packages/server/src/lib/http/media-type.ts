/**
 * A parameter of a media type: its name, and its value as a token or a quoted string (RFC 9110 section
 * 5.6.6).
 */
const parameter = /\s*;\s*(?:([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)"))?/y

/** A media type in lower case, and its parameters by lower-case name. */
export interface MediaType {
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
}

/** Parses a `Content-Type` (RFC 9110 section 8.3.1). Returns undefined if it is malformed. */
export function parseMediaType(text: string): MediaType | undefined {
  const [essence = ''] = text.split(';', 1)
  const parameters = new Map<string, string>()
  const rest = text.trimEnd()
  parameter.lastIndex = essence.length
  while (parameter.lastIndex < rest.length) {
    const match = parameter.exec(rest)
    if (!match) return undefined
    const [, name, token, quoted] = match
    const value = token ?? quoted?.replace(/\\(.)/g, '$1')
    if (name !== undefined && value !== undefined) parameters.set(name.toLowerCase(), value)
  }
  return { essence: essence.trim().toLowerCase(), parameters }
}
