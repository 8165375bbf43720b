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
