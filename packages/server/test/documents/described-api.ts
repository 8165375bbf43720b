import type { JsonSchema } from '@tidings/core/describe'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import { type OpenStream, open } from '../harness.js'

/** Values for the parameters of an operation, by name, and its body. */
export interface Given {
  readonly query?: Readonly<Record<string, unknown>>
  readonly path?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** A part of the document. */
interface Part {
  readonly [name: string]: Part
}

const documentKey = 'openapi.json'

/** Tidings' own values, in which the document names every field. */
const complete = /^Tidings\.(Open|Subscribed|Gap|Reauthorize|Error|RunStarted|Health|ControlResponse)$/

/**
 * A server as its OpenAPI document describes it: makes the requests from the document alone, and checks every response
 * and event against it.
 */
export class DescribedApi {
  readonly #document: Part
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false })

  constructor(document: JsonSchema) {
    const text = JSON.stringify(document).replaceAll('"$ref":"#/', `"$ref":"${documentKey}#/`)
    const schema = JSON.parse(text)
    for (const [name, component] of Object.entries<object>(schema.components.schemas)) {
      if (complete.test(name)) Object.assign(component, { additionalProperties: false })
    }
    this.#document = schema
    // The text of an event's data is JSON, which is checked too.
    this.#ajv.removeKeyword('contentSchema')
    this.#ajv.addKeyword({
      keyword: 'contentSchema',
      type: 'string',
      compile: (content: object) => (data: string) => this.#ajv.validate(content, JSON.parse(data)),
    })
    this.#ajv.addSchema(schema, documentKey)
  }

  /** Sends a request, and returns the status and the body, which are as the document says. */
  async call(operationId: string, given: Given = {}): Promise<{ status: number; body: unknown }> {
    const { operation, url, init } = this.#request(operationId, given)
    const response = await fetch(url, init)
    const text = await response.text()
    const body = text === '' ? undefined : JSON.parse(text)
    this.#check(operation, response, 'schema', body)
    return { status: response.status, body }
  }

  /** Opens a stream. Its events are checked by {@link eventsOf}. */
  async open(operationId: string, given: Given = {}): Promise<DescribedStream> {
    const { operation, url, init } = this.#request(operationId, given)
    const stream = await open(url, init)
    return {
      stream,
      events: async (count) => {
        const events = await stream.count(count)
        for (const event of events)
          this.#check(operation, stream.response, 'itemSchema', withoutUndefined(event))
        return events.map(({ event, data }) => [event, JSON.parse(data)])
      },
    }
  }

  #request(operationId: string, { query = {}, path: steps = {}, headers = {}, body }: Given) {
    const { path, method, operation } = this.#find(operationId)
    const known = Object.values(operation['parameters'] ?? {}).map((parameter) => this.#resolved(parameter))
    const named = (place: string, name: string) => {
      const found = known.find((each) => isText(each['in'], place) && isText(each['name'], name))
      return found ?? expect.fail(`${operationId} has no ${place} parameter "${name}"`)
    }
    for (const { in: place, name, required } of known) {
      if (isText(place, 'query') && required)
        expect(query, `what ${operationId} requires`).toHaveProperty(String(name))
    }
    const search = Object.entries(query).map(([name, value]) => {
      const { content, schema = content?.['application/json']?.['schema'] } = named('query', name)
      this.#validate(schema, value)
      return [name, content ? JSON.stringify(value) : String(value)]
    })
    for (const name of Object.keys(headers)) {
      this.#validate(named('header', name)['schema'], headers[name])
    }
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(steps[name] ?? ''))
    const server = String(this.#document['servers']?.['0']?.['url'])
    const content = operation['requestBody']?.['content']?.['application/json']
    return {
      operation,
      url: `${server}${filled}?${new URLSearchParams(search)}`,
      init: {
        method,
        headers: { ...headers, ...(content && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
    }
  }

  #find(operationId: string) {
    for (const [path, item] of Object.entries(this.#document['paths'] ?? {})) {
      for (const [method, operation] of Object.entries(item)) {
        if (isText(operation['operationId'], operationId))
          return { path, method: method.toUpperCase(), operation }
      }
    }
    return expect.fail(`The document has no operation ${operationId}`)
  }

  #check(operation: Part, response: Response, keyword: 'schema' | 'itemSchema', value: unknown): void {
    const described = operation['responses']?.[response.status]
    if (!described) expect.fail(`${operation['operationId']} does not describe status ${response.status}`)
    const { content } = this.#resolved(described)
    const type = response.headers.get('content-type')
    if (!content) {
      expect({ type, value }).toEqual({ type: null, value: undefined })
      return
    }
    expect(Object.keys(content)).toEqual([type])
    this.#validate(content[String(type)]?.[keyword], value)
  }

  #validate(schema: Part | undefined, value: unknown): void {
    const isValid = schema ? this.#ajv.validate(schema, value) : expect.fail('The document has no schema')
    if (!isValid) expect.fail(`${this.#ajv.errorsText()}: ${JSON.stringify(value)}`)
  }

  #resolved(part: Part): Part {
    const { $ref } = part
    if ($ref === undefined) return part
    const steps = String($ref).slice(`${documentKey}#/`.length).split('/')
    return steps.reduce((inner, step) => inner[step] ?? expect.fail(`${$ref} does not exist`), this.#document)
  }
}

/** A stream whose events are as the document says. */
export interface DescribedStream {
  readonly stream: OpenStream
  /** Waits until so many events have come, and returns their names and data. */
  events(count: number): Promise<(readonly [string | undefined, unknown])[]>
}

function withoutUndefined(value: object): object {
  return JSON.parse(JSON.stringify(value))
}

function isText(part: unknown, text: string): boolean {
  return part === text
}
