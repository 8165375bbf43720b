import { type ContractDefinition, isTidingsError } from '@tidings/core'
import { type CompiledChannel, compileContract, encodeEventBody, eventId, topicKey } from '@tidings/core/wire'
import { type Bus, createEmitter } from '@tidings/server'
import { redisBus } from '@tidings/server/redis'
import type { Session } from './command.js'
import { CliError, exitCode } from './exit-code.js'
import { memberAt } from './procedure.js'

/** An event to emit, with values as they travel. */
export interface EventToEmit {
  readonly contract: ContractDefinition
  /** The contract whose values are those that travel; `contract` itself if it is one. */
  readonly described: ContractDefinition
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
  readonly event: string
  readonly json: unknown
}

/** Where a bus on Redis is. */
export interface BusAddress {
  readonly url: string
  readonly isCluster: boolean
  readonly prefix: string
  readonly timeoutMs: number
}

/** Milliseconds to wait for the position of an event that the bus has accepted. */
const cursorMs = 1_000

/**
 * Emits an event through a bus, as a server does. Resolves when the bus has it, with its cursor if the bus announced it.
 */
export async function publish(
  { contract, described, path, params, event, json }: EventToEmit,
  address: BusAddress,
  { signal }: Session,
): Promise<string | undefined> {
  const query = channelAt(described, path).topics.encode(params, 'invalid_input')
  const channel = channelAt(contract, path)
  // What the program of a server would give: a `Date`, where text travels.
  const value = channel.events.get(event)?.decode(json, `the data of "${event}"`)
  const body = encodeEventBody(event, channel.events.get(event)?.encode(value, `${path}.${event}`))
  const topic = channel.topics.decode(new URLSearchParams(query))
  const bus = openBus(address)
  const emitter = createEmitter(contract, { bus })
  try {
    const position = await announced(bus, topicKey(path, query), body)
    signal.throwIfAborted()
    const topics = memberAt(emitter.emit, path) as (
      params: unknown,
    ) => Record<string, (value: unknown) => Promise<void>>
    await topics(topic)[event]?.(value)
    return await position(cursorMs)
  } catch (error) {
    if (isTidingsError(error) && error.code === 'unavailable') throw unreachable(address, error)
    throw error
  } finally {
    await emitter.close()
  }
}

function channelAt(contract: ContractDefinition, path: string): CompiledChannel {
  return compileContract(contract).procedures.get(path) as CompiledChannel
}

function openBus({ url, isCluster, prefix, timeoutMs }: BusAddress): Bus {
  const target = isCluster ? { cluster: { rootNodes: [{ url }] } } : { url }
  return redisBus({ ...target, prefix, timeoutMs })
}

/** Listens for the event that is to be emitted. Returns a function that waits for its cursor. */
async function announced(bus: Bus, key: string, body: string) {
  let found: ((cursor: string) => void) | undefined
  const cursor = new Promise<string>((resolve) => {
    found = resolve
  })
  await bus.listen(key, ({ epoch, events }) => {
    const own = events.find((one) => one.body === body)
    if (own) found?.(eventId(epoch, own.seq))
  })
  return async (ms: number) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ms)
    })
    const first = await Promise.race([cursor, late])
    clearTimeout(timer)
    return first
  }
}

function unreachable({ url }: BusAddress, error: Error): CliError {
  const { host } = new URL(url)
  const why = error.cause instanceof Error && error.cause.message ? error.cause.message : error.message
  return new CliError(`Cannot reach the Redis at ${host}: ${why}`, {
    exitCode: exitCode.unreachable,
    cause: error,
  })
}
