/** Parses an absolute URL, or returns undefined. React Native and older browsers have no `URL.canParse`. */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
