import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type About, asyncApi, type Credential, openApi } from '@tidings/core/describe'
import type { Argv } from 'yargs'
import { defineCommand } from '../command.js'
import { isUrl, loadContract } from '../contract-source.js'
import { UsageError } from '../exit-code.js'
import { unwritable } from '../file-errors.js'
import { mountUrl } from '../request.js'
import { sourceOptions, sourcePositional } from '../shared-options.js'

export const docs = defineCommand({
  usage: 'docs <source>',
  summary: 'Write a contract as an AsyncAPI or OpenAPI document',
  description:
    'Write a contract as an AsyncAPI 3.0 or OpenAPI 3.2 document, for the tools that read these: documentation, ' +
    'mocks, clients in other languages.',
  examples: [
    [
      'docs https://example.org/events --format openapi --title Chat --license MIT --out openapi.json',
      'The OpenAPI of a server',
    ],
    [
      'docs contract.ts --format asyncapi --title Chat --api-version 1.4.0 --url https://example.org/events',
      'The AsyncAPI of a contract, without a server',
    ],
  ],
  builder: (yargs: Argv) =>
    sourceOptions(
      sourcePositional(yargs)
        .option('format', {
          choices: ['asyncapi', 'openapi'] as const,
          demandOption: true,
          description: 'The kind of document',
        })
        .option('out', {
          type: 'string',
          requiresArg: true,
          description: 'The file to write. Defaults to stdout',
        })
        .option('title', {
          type: 'string',
          requiresArg: true,
          default: 'Events',
          description: 'The name of the service',
        })
        .option('api-version', {
          type: 'string',
          requiresArg: true,
          default: '1.0.0',
          description: 'The version of the API',
        })
        .option('url', {
          type: 'string',
          requiresArg: true,
          description: 'The URL where the server is mounted. Defaults to <source>, if that is one',
        })
        .option('description', {
          type: 'string',
          requiresArg: true,
          description: 'What the service is for, in Markdown',
        })
        .option('license', {
          type: 'string',
          requiresArg: true,
          description: 'The licence of the API, as SPDX names it: MIT, Apache-2.0, LicenseRef-Own',
        })
        .option('credentials', {
          type: 'string',
          array: true,
          requiresArg: true,
          description: 'What a request needs: bearer, basic, cookie:<name> or header:<name>. May be repeated',
        }),
    ),
  run: async (args, session) => {
    const { output, io } = session
    const url = args.url ?? (isUrl(args.source) ? args.source : undefined)
    const about: About = {
      title: args.title,
      version: args.apiVersion,
      ...(args.description !== undefined && { description: args.description }),
      ...(url !== undefined && { url: mountUrl(url) }),
      ...(args.license !== undefined && { license: licenseOf(args.license) }),
      ...(args.credentials && { credentials: args.credentials.map(credentialOf) }),
    }
    const { document } = await loadContract(args.source, args, session)
    const text = JSON.stringify(
      args.format === 'openapi' ? openApi(document, about) : asyncApi(document, about),
      null,
      2,
    )
    if (args.out === undefined || args.out === '-') {
      await output.print(text)
      return undefined
    }
    await writeFile(resolve(io.cwd, args.out), `${text}\n`).catch((cause: unknown) => {
      throw unwritable(args.out ?? '', cause)
    })
    await output.print(`Wrote ${args.out}`)
    return undefined
  },
})

function licenseOf(text: string): NonNullable<About['license']> {
  if (!/^[\w.+:()-]+( [\w.+:()-]+)*$/.test(text)) {
    throw new UsageError(
      `--license is not an SPDX identifier: "${text}"`,
      'Write MIT, Apache-2.0, or LicenseRef-Own for a licence of your own',
    )
  }
  return { name: text, identifier: text }
}

function credentialOf(text: string): Credential {
  if (text === 'bearer' || text === 'basic') return { kind: text }
  const [, kind, name] = /^(cookie|header):([!#$%&'*+.^_`|~\w-]+)$/.exec(text) ?? []
  if (name === undefined) {
    throw new UsageError(
      `--credentials cannot be "${text}"`,
      'Write bearer, basic, cookie:<name> or header:<name>, such as header:x-api-key',
    )
  }
  return { kind: kind as 'cookie' | 'header', name }
}
