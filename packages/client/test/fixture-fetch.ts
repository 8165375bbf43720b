import { expect } from 'vitest'

/** A request, as a fixture expects it: docs/protocol/README.md. */
interface ExpectedRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | null>>
  readonly body?: unknown
  readonly remember?: Readonly<Record<string, string>>
  readonly same?: Readonly<Record<string, string>>
}

/** What the server does in an exchange. */
export interface FixtureStep {
  readonly expect?: ExpectedRequest
  /** Whether a client may leave the request out. */
  readonly optional?: true
  readonly respond?: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: unknown
  }
  readonly stream?: string
  readonly send?: string
  readonly end?: string
  readonly cut?: string
}

/** A `fetch` that performs the steps of an exchange. */
export class FixtureFetch {
  /** The requests that differ from those of the steps. */
  readonly mistakes: unknown[] = []
  readonly #steps: FixtureStep[]
  readonly #kept = new Map<string, string>()
  readonly #streams = new Map<string, FixtureStream>()

  constructor(steps: readonly FixtureStep[]) {
    this.#steps = [...steps]
  }

  /** The steps that were not reached. */
  get remaining(): readonly FixtureStep[] {
    return this.#steps.filter(({ optional }) => !optional)
  }

  readonly fetch: typeof globalThis.fetch = async (url, init) => {
    const request = new Request(url, init)
    const body = await request.text()
    const step = this.#steps.shift()
    try {
      this.#compare(step?.expect, request, body)
    } catch (mistake) {
      this.mistakes.push(mistake)
    }
    const response = this.#respond(step)
    while (this.#steps[0] && !this.#steps[0].expect) this.#perform(this.#steps.shift() as FixtureStep)
    if (!response) throw new TypeError('the connection was closed')
    return response
  }

  #compare(expected: ExpectedRequest | undefined, { method, url, headers }: Request, body: string): void {
    const { pathname, search } = new URL(url)
    if (!expected) throw new Error(`another request: ${method} ${pathname}`)
    expect({ method, path: pathname + search }).toEqual({
      method: expected.method,
      path: this.#fill(expected.path),
    })
    for (const [name, value] of Object.entries(expected.headers ?? {})) expect(headers.get(name)).toBe(value)
    if ('body' in expected) expect(JSON.parse(body)).toEqual(expected.body)
    for (const [name, key] of Object.entries(expected.remember ?? {}))
      this.#kept.set(key, headers.get(name) ?? '')
    for (const [name, key] of Object.entries(expected.same ?? {}))
      expect(headers.get(name)).toBe(this.#kept.get(key))
  }

  #respond(step: FixtureStep | undefined): Response | undefined {
    if (step?.respond) {
      const { status, headers = {}, body } = step.respond
      return new Response(body === undefined ? null : this.#fill(JSON.stringify(body)), { status, headers })
    }
    const { stream: name } = step ?? {}
    if (name === undefined) return undefined
    const stream = new FixtureStream()
    this.#streams.set(name, stream)
    this.#perform(step as FixtureStep)
    return new Response(stream.body, { headers: { 'content-type': 'text/event-stream' } })
  }

  #perform({ stream = '', send, end, cut }: FixtureStep): void {
    const bytes = send === undefined ? undefined : new TextEncoder().encode(this.#fill(send))
    if (bytes) this.#streams.get(stream)?.add((body) => body.enqueue(bytes))
    if (end !== undefined) this.#streams.get(end)?.add((body) => body.close())
    if (cut !== undefined) this.#streams.get(cut)?.add((body) => body.error(new TypeError('cut')))
  }

  /** Replaces `{name}` by the header that was kept under this name. */
  #fill(text: string): string {
    return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => this.#kept.get(name) ?? whole)
  }
}

type BodyAction = (body: ReadableStreamDefaultController<Uint8Array>) => void

/** The body of an event stream. It performs an action once the client has read what the one before sent. */
class FixtureStream {
  readonly #actions: BodyAction[] = []
  #wake = () => {}
  readonly body = new ReadableStream<Uint8Array>(
    {
      pull: async (body) => {
        while (this.#actions.length === 0) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        }
        this.#actions.shift()?.(body)
      },
    },
    { highWaterMark: 0 },
  )

  add(action: BodyAction): void {
    this.#actions.push(action)
    this.#wake()
  }
}
