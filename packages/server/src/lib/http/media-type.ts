/** A parameter of a media type, RFC 9110 section 5.6.6: its name, and its value as a token or in quotes. */
const parameter = /\s*;\s*(?:([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)"))?/y

/** A media type, without regard to case, and its parameters by name. */
export interface MediaType {
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
}

/** Reads a `Content-Type`: RFC 9110 section 8.3.1. Nothing if it is malformed. */
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
