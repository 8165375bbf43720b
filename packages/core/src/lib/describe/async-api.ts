import { parseUrl } from '../parse-url.js'
import { type About, infoOf, securitySchemes } from './about.js'
import { type CarriedChannel, commandChannel, streamChannel, topicChannel } from './async-api-channels.js'
import { AsyncApiParts } from './async-api-messages.js'
import type { AsyncApiChannel } from './async-api-operation.js'
import { connectionChannels, runChannel } from './async-api-protocol.js'
import type { ContractDocument, JsonSchema, ProcedureDocument } from './document.js'
import { asDraft07 } from './json-schema.js'
import { protocolDefinitions } from './protocol-schemas.js'
import { referenceTo, SchemaComponents } from './schema-components.js'

/**
 * Describes a server as an AsyncAPI 3.0 document, from the server's side: it sends the events of channels and runs, and
 * receives commands, to which it replies.
 */
export function asyncApi(document: ContractDocument, about: About): JsonSchema {
  const parts = new AsyncApiParts(new SchemaComponents(asDraft07, protocolDefinitions))
  const procedures = Object.entries(document.procedures)
  const described = procedures.map(([path, procedure]) => describeProcedure(path, procedure, parts))
  const carried = described.flatMap((channel) => channel.carried)
  const channels: readonly AsyncApiChannel[] = [
    ...described,
    ...(procedures.some(([, { kind }]) => kind !== 'command') ? connectionChannels(carried, parts) : []),
    ...(procedures.some(([, { kind }]) => kind === 'stream') ? [runChannel(parts)] : []),
  ]
  const schemes = securitySchemes(about, 'httpApiKey')
  return {
    asyncapi: '3.0.0',
    info: infoOf(withoutIdentifier(about)),
    ...serversOf(about, [...schemes.keys()]),
    defaultContentType: 'application/json',
    channels: Object.fromEntries(channels.map(({ id, channel }) => [id, channel])),
    operations: Object.assign({}, ...channels.map(({ operations }) => operations)),
    components: {
      ...parts.components,
      ...(schemes.size > 0 && { securitySchemes: Object.fromEntries(schemes) }),
    },
  }
}

function describeProcedure(path: string, procedure: ProcedureDocument, parts: AsyncApiParts): CarriedChannel {
  switch (procedure.kind) {
    case 'channel':
      return topicChannel(path, procedure, parts)
    case 'command':
      return { ...commandChannel(path, procedure, parts), carried: [] }
    case 'stream':
      return streamChannel(path, procedure, parts)
  }
}

function withoutIdentifier(about: About): About {
  if (!about.license) return about
  const { identifier: _, ...license } = about.license
  return { ...about, license }
}

/** Returns the server. AsyncAPI has no relative URLs: a server needs a host. */
function serversOf({ url = '' }: About, schemes: readonly string[]): JsonSchema {
  const parsed = parseUrl(url)
  if (!parsed) return {}
  const { host, pathname, protocol } = parsed
  return {
    servers: {
      tidings: {
        host,
        protocol: protocol.slice(0, -1),
        ...(pathname !== '/' && { pathname: pathname.replace(/\/+$/, '') }),
        ...(schemes.length > 0 && { security: schemes.map((name) => referenceTo(name, 'securitySchemes')) }),
      },
    },
  }
}
