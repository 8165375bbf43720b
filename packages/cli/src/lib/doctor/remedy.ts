/** What a proxy does that its configuration can change. */
export type Remedy =
  | {
      readonly of:
        | 'buffering'
        | 'delay'
        | 'compression'
        | 'caching'
        | 'http2'
        | 'host'
        | 'leaving'
        | 'method'
        | 'path'
    }
  /** It cuts streams that are silent; `seconds` is a timeout that is long enough. */
  | { readonly of: 'silence'; readonly seconds: number }
  /** It cuts streams after a time; `seconds` is one that is long enough. */
  | { readonly of: 'duration'; readonly seconds: number }
  /** It drops a header of requests, or of responses. */
  | { readonly of: 'request header' | 'response header'; readonly header: string }
  | { readonly of: 'body size'; readonly megabytes: number }

/** Lines of a configuration, and where they belong. */
export interface ConfigLines {
  readonly where: string
  readonly lines: readonly string[]
}

/** What a remedy's lines contain of the server. */
export interface Place {
  /** The path of the mount: `/events`. */
  readonly mount: string
}

/** Returns the lines of a proxy for a remedy, or undefined if its configuration has none. */
export type Configuration = (remedy: Remedy, place: Place) => ConfigLines | undefined

export function lines(where: string, ...all: string[]): ConfigLines {
  return { where, lines: all }
}
