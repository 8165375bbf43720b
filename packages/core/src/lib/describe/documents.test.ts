import { DiagnosticSeverity, Parser } from '@asyncapi/parser'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import {
  bigint,
  bytes,
  channel,
  command,
  defineContract,
  isoDate,
  map,
  set,
  stream,
  url,
} from '@tidings/core'
import { asyncApi, describe as describeContract, openApi } from '@tidings/core/describe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { contract as chat } from '../../../../../examples/chat/src/contract.js'
import { contract as quickStart } from '../../../../../examples/quick-start/contract.js'
import { contract as team } from '../../../../../examples/team/src/contract.js'

/** A comment and its answers, to any depth, with an id that makes it a definition. */
const Comment = z
  .object({
    text: z.string(),
    get answers() {
      return z.array(Comment)
    },
  })
  .meta({ id: 'Comment', title: 'A comment', examples: [{ text: 'hi', answers: [] }] })

/** Recursive without an id. */
const Folder = z.object({
  name: z.string(),
  get folders() {
    return z.record(z.string(), Folder)
  },
})

const Shape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('circle'), radius: z.number().positive() }),
  z.object({ kind: z.literal('path'), points: z.array(z.tuple([z.number(), z.number()])).max(9) }),
])

/** Whatever a contract can declare. */
const everything = defineContract({
  clock: channel({ events: { tick: z.number().int(), stopped: undefined } }),
  board: channel({
    meta: { title: 'Follow a board', description: 'Comments, *as they are written*.' },
    params: {
      boardId: z.uuid().describe('The id of the board'),
      page: z.number().int().default(1),
      open: z.boolean(),
      order: z.enum(['asc', 'desc']),
      tags: z.array(z.string()),
      filter: z.object({ by: z.string().optional(), since: isoDate }),
      either: z.union([z.string(), z.number()]),
    },
    snapshot: z.object({ comments: z.array(Comment), pinned: Comment.optional().describe('The first one') }),
    events: { comment: Comment, shape: Shape, folder: Folder, removed: z.strictObject({ at: isoDate }) },
  }),
  files: {
    ping: command({ meta: { deprecated: true } }),
    admin: {
      rename: command({
        input: z.object({
          folder: Folder,
          to: z.string().min(1).meta({ unit: 'letters', deprecated: true }),
        }),
        output: z.object({
          id: bigint,
          data: bytes,
          site: url.nullable(),
          labels: set(z.string()),
          sizes: map(z.string(), z.number()),
          rest: z.tuple([z.string()], z.boolean()),
        }),
        errors: { taken: z.object({ by: z.string() }), frozen: undefined },
      }),
    },
    index: stream({
      input: z.object({ root: z.string().default('/') }),
      events: { found: z.object({ path: z.string() }), resting: undefined, input: z.string() },
      output: z.object({ count: z.number() }),
      errors: { input: z.object({ path: z.string() }), found: undefined },
    }),
    watch: stream({ meta: { deprecated: 'Use `files/index`.' }, events: { change: Comment } }),
  },
})

const about = {
  title: 'Chat',
  version: '1.4.0',
  url: 'https://chat.tidings.dev/events/',
  license: { name: 'MIT', identifier: 'MIT' },
} as const

const rules = createConfig({ extends: ['recommended'] })

/** Returns what the recommended rules of Redocly find in an OpenAPI document, warnings included. */
async function problemsOfOpenApi(document: object) {
  const problems = await lintFromString({ source: JSON.stringify(document), config: await rules })
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)
}

const parser = new Parser()

/** Returns what AsyncAPI's own parser finds in a document, hints included. */
async function problemsOfAsyncApi(document: object) {
  const { diagnostics } = await parser.parse(JSON.stringify(document))
  // It says that AsyncAPI 3.1 exists, which differs from 3.0 only in the bindings of ROS 2.
  const isKnown = ({ code, severity }: (typeof diagnostics)[number]) =>
    code === 'asyncapi-latest-version' && severity === DiagnosticSeverity.Information
  return diagnostics
    .filter((diagnostic) => !isKnown(diagnostic))
    .map(({ code, message, path }) => `${code}: ${message} ${path.join('/')}`)
}

describe.each([
  ['the quick start', quickStart],
  ['the chat', chat],
  ['the team', team],
  ['a contract with every feature', everything],
  ['an empty contract', defineContract({})],
])('%s', (_name, contract) => {
  const described = describeContract(contract)

  it('is an OpenAPI document of which validators have nothing to say', async () => {
    expect(await problemsOfOpenApi(openApi(described, about))).toEqual([])
  })

  it('is an AsyncAPI document of which validators have nothing to say', async () => {
    expect(await problemsOfAsyncApi(asyncApi(described, about))).toEqual([])
  })
})

it('takes the texts of a contract', () => {
  const { paths, tags, components } = openApi(describeContract(everything), about) as unknown as OpenApi
  expect(paths['/board']?.get).toMatchObject({
    summary: 'Follow a board',
    description: 'Comments, *as they are written*.',
  })
  expect(paths['/files/ping']?.post).toMatchObject({ deprecated: true, tags: ['files'] })
  expect(paths['/files/watch']?.post.description).toBe('**Deprecated.** Use `files/index`.')
  expect(tags).toMatchObject([
    { name: 'files' },
    { name: 'files/admin', parent: 'files' },
    { name: '$tidings' },
  ])
  expect(components.schemas['Comment']).toMatchObject({ title: 'A comment', examples: [{ text: 'hi' }] })
})

it('lists which params a request may omit', () => {
  const described = describeContract(everything)
  const { paths } = openApi(described, about) as unknown as OpenApi
  const required = paths['/board']?.get.parameters.filter((parameter) => parameter.required)
  expect(required?.map(({ name }) => name)).toEqual(['boardId', 'either', 'filter', 'open', 'order', 'tags'])
  const { operations } = asyncApi(described, about) as unknown as AsyncApi
  const { query } = operations['board.subscribe']?.bindings.http ?? {}
  expect(query?.required).toEqual(['boardId', 'either', 'filter', 'open', 'order', 'tags'])
  expect(query?.properties['tags']).toMatchObject({ type: 'string', contentMediaType: 'application/json' })
})

it('describes operations from the side of the server', () => {
  const { operations, servers } = asyncApi(describeContract(everything), about) as unknown as AsyncApi
  expect(servers['tidings']).toEqual({ host: 'chat.tidings.dev', protocol: 'https', pathname: '/events' })
  expect(operations['clock.subscribe']).toMatchObject({
    action: 'send',
    bindings: { http: { method: 'GET' } },
  })
  expect(operations['files.admin.rename']).toMatchObject({
    action: 'receive',
    bindings: { http: { method: 'POST' } },
    reply: {
      messages: ['$output', 'error.taken', 'error.frozen', '$problem'].map((key) => ({
        $ref: `#/channels/files.admin.rename/messages/${key}`,
      })),
    },
  })
})

it('says which credentials a request needs', async () => {
  const credentials = [{ kind: 'bearer' }, { kind: 'cookie', name: 'sid' }] as const
  const withCredentials = { ...about, credentials }
  const described = describeContract(quickStart)
  const open = openApi(described, withCredentials)
  expect(open['security']).toEqual([{ bearer: [] }, { 'cookie.sid': [] }])
  expect(await problemsOfOpenApi(open)).toEqual([])
  expect(await problemsOfAsyncApi(asyncApi(described, withCredentials))).toEqual([])
})

it('refuses a document whose schemas refer to what is not there', () => {
  const broken = { kind: 'command', errors: {}, input: { wire: { $ref: '#/$defs/Gone' } } } as const
  const described = { ...describeContract(defineContract({})), procedures: { send: broken } }
  const message = 'The schema of send.input refers to "#/$defs/Gone", which it does not define'
  expect(() => openApi(described, about)).toThrow(message)
  expect(() => asyncApi(described, about)).toThrow(message)
})

interface OpenApi {
  readonly paths: Record<
    string,
    Record<'get' | 'post', { description?: string; parameters: { name: string; required?: boolean }[] }>
  >
  readonly tags: unknown
  readonly components: { readonly schemas: Record<string, unknown> }
}

interface AsyncApi {
  readonly servers: Record<string, unknown>
  readonly operations: Record<
    string,
    { bindings: { http: { query?: { required: string[]; properties: Record<string, unknown> } } } }
  >
}
