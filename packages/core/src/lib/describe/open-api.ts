import { type About, infoOf, securitySchemes } from './about.js'
import type { ContractDocument, JsonSchema } from './document.js'
import { channelItem, commandItem, type PathItem, streamItem } from './open-api-operations.js'
import { OpenApiParts } from './open-api-parts.js'
import { connectionPaths, healthPaths, protocolTag, runPaths } from './open-api-protocol.js'
import { dotted, groupsOf } from './procedure-text.js'
import { protocolDefinitions } from './protocol-schemas.js'
import { referenceTo, SchemaComponents } from './schema-components.js'

/**
 * Describes the HTTP requests of a server as an OpenAPI 3.2 document: a GET for each channel, a POST for each command
 * and stream, and the requests of Tidings itself. The events of a response are described one by one, by their names.
 */
export function openApi(document: ContractDocument, about: About): JsonSchema {
  const schemas = new SchemaComponents((schema) => schema, protocolDefinitions)
  const parts = new OpenApiParts(schemas)
  const procedures = Object.entries(document.procedures)
  const kinds = new Set(procedures.map(([, { kind }]) => kind))
  const described = procedures.map(([path, procedure]): [string, PathItem] => [
    `/${path}`,
    procedure.kind === 'channel'
      ? channelItem(path, procedure, parts)
      : procedure.kind === 'command'
        ? commandItem(path, procedure, parts)
        : streamItem(path, procedure, parts),
  ])
  const items = procedures
    .filter(([, { kind }]) => kind !== 'command')
    .map(([path]) => referenceTo(`${dotted(path)}.item`))
  const paths = {
    ...Object.fromEntries(described),
    ...(items.length > 0 && connectionPaths(items, parts)),
    ...(kinds.has('stream') && runPaths(parts)),
    ...healthPaths(parts),
  }
  const schemes = securitySchemes(about, 'apiKey')
  return {
    openapi: '3.2.0',
    info: infoOf(about),
    servers: [{ url: serverUrl(about) }],
    security: [...schemes.keys()].map((name) => ({ [name]: [] })),
    tags: tagsOf(procedures.map(([path]) => path)),
    paths,
    components: {
      ...parts.components,
      ...(schemes.size > 0 && { securitySchemes: Object.fromEntries(schemes) }),
    },
  }
}

/** A relative URL is resolved against that of the document, which the server has at its mount. */
function serverUrl({ url = '.' }: About): string {
  return url === '/' ? url : url.replace(/\/+$/, '')
}

function tagsOf(paths: readonly string[]): readonly JsonSchema[] {
  const groups = groupsOf(paths).map((name) => {
    const end = name.lastIndexOf('/')
    return {
      name,
      description: `The procedures of the group \`${name}\`.`,
      ...(end > 0 && { parent: name.slice(0, end) }),
    }
  })
  return [
    ...groups,
    { name: protocolTag, description: 'What Tidings itself serves: shared connections, runs and health.' },
  ]
}
