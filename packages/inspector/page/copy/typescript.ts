import type { ChannelDocument, JsonSchema, ProcedureDocument } from '@tidings/core/describe'
import type { CopiedCall } from './curl.js'
import { literalOf } from './literal.js'

/** A call of a procedure, to copy as TypeScript. */
export interface TypeScriptCall extends CopiedCall {
  readonly path: string
  readonly procedure: ProcedureDocument
  /** The params or the input, as JSON. Undefined for a call without any. */
  readonly value: unknown
  /** A run that exists, to attach to. */
  readonly runId?: string | undefined
}

/** Returns the client code of a call, against the contract in `./contract`. */
export function typeScriptOf(call: TypeScriptCall): string {
  return `${preamble(call)}\n\n${bodyOf(call)}\n`
}

function preamble({ mount, headers }: CopiedCall): string {
  const options = { url: mount, ...(Object.keys(headers).length > 0 && { headers }) }
  return [
    "import { createClient } from '@tidings/client'",
    "import { contract } from './contract.js'",
    '',
    `const client = createClient(contract, ${literalOf(options)})`,
  ].join('\n')
}

function bodyOf(call: TypeScriptCall): string {
  const { path, procedure, value, runId } = call
  const member = ['client', ...path.split('/')].join('.')
  const argument = value === undefined || isEmptyObject(value) ? '' : literalOf(value, givenOf(procedure))
  switch (procedure.kind) {
    case 'channel':
      return `${member}(${argument}).subscribe({\n${handlersOf(procedure).join('\n')}\n})`
    case 'command':
      return procedure.output
        ? `const output = await ${member}(${argument})\nconsole.log(output)`
        : `await ${member}(${argument})`
    case 'stream': {
      const start = runId === undefined ? `${member}(${argument})` : `${member}.attach(${literalOf(runId)})`
      return [
        `const run = ${start}`,
        'for await (const event of run) console.log(event)',
        procedure.output ? 'console.log(await run.output)' : 'await run.output',
      ].join('\n')
    }
  }
}

/** Returns the schema of what a program gives: the params of a channel, as one object, or the input of a call. */
function givenOf(procedure: ProcedureDocument): JsonSchema {
  if (procedure.kind !== 'channel') return procedure.input?.given ?? procedure.input?.wire ?? {}
  const params = Object.entries(procedure.params).map(
    ([name, { given, wire }]) => [name, given ?? wire] as const,
  )
  const definitions = params.map(([, { $defs }]) => $defs as JsonSchema | undefined)
  return { properties: Object.fromEntries(params), $defs: Object.assign({}, ...definitions) }
}

function handlersOf({ events, snapshot }: ChannelDocument): string[] {
  const handlers = Object.entries(events).map(([name, payload]) =>
    payload === null
      ? `  ${name}: () => console.log('${name}'),`
      : `  ${name}: (payload) => console.log('${name}', payload),`,
  )
  return [
    ...(snapshot ? ["  snapshot: (state) => console.log('snapshot', state),"] : []),
    ...handlers,
    "  gap: ({ reason }) => console.log('missed some:', reason),",
    '  error: ({ code, message }) => console.error(code, message),',
  ]
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  )
}
