import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { languageService } from './language-service.js'

const here = import.meta.dirname

/** A program with names that the quick start does not have. */
const more = `
import { createClient, type RunOf, type TopicEventOf, type TopicOf } from '@tidings/client'
import { channel, command, defineContract, isoDate } from '@tidings/core'
import { createServer } from '@tidings/server'
import { contract } from './contract.js'

export const { room, send, complete } = createClient(contract, { url: '' })
export const failing = (error: unknown) => send.isError(error) && [error]
export function named(
  topic: TopicOf<typeof contract.room>,
  event: TopicEventOf<typeof contract.room>,
  run: RunOf<typeof contract.complete>,
) {}

const times = defineContract({
  office: { clock: channel({ events: { tick: isoDate, stop: undefined } }) },
  ping: command({}),
})
export const { office, ping } = createClient(times, { url: '' })
export const { emit } = createServer(times, {
  office: { clock: { source: ({ emit }) => emit.stop() } },
  ping: { run: () => {} },
})
`

const service = languageService({ 'more.ts': more })

/** Returns the hover over the word before the mark ¦, on one line. */
function hoverOver(file: string, place: string): string {
  const source = file === 'more.ts' ? more : readFileSync(join(here, file), 'utf8')
  const text = place.replace('¦', '')
  expect(source).toContain(text)
  const position = source.indexOf(text) + place.indexOf('¦') - 1
  const { displayParts } = service.getQuickInfoAtPosition(join(here, file), position) ?? {}
  return ts.displayPartsToString(displayParts).replaceAll(/\s+/g, ' ')
}

const message = '{ id: string; author: string; text: string; sentAt: Date; }'
const typing = '{ author: string; }'
const events = `{ message: ${message}; typing: ${typing}; }`
const snapshot = `{ messages: ${message}[]; }`
const items = [
  `{ type: "message"; data: ${message}; }`,
  `{ type: "typing"; data: ${typing}; }`,
  `{ type: "snapshot"; data: ${snapshot}; }`,
  '{ type: "gap"; data: Gap; }',
]
const params = '{ roomId: string; }'
const input = '{ author: string; text: string; roomId: string; }'
const errors = '{ muted: { until: Date; }; }'
const failures = ['TidingsError<"muted", { until: Date; }>', 'TidingsError<ErrorCode, undefined>']
const prompt = '{ prompt: string; }'
const token = '{ token: string; }'
const tokens = '{ tokens: number; }'
const context = '{ user: string | null; }'
const emitter = `TopicEmitter<${events}>`
const emitters = `{ readonly room: (params: ${params}) => ${emitter}; }`
const clockEvents = '{ tick: Date; stop: undefined; }'

/** The texts that each hover contains. The members of a union have no fixed order. */
const hovers: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> = {
  'client.ts': {
    'client.room¦(': `room: (params: ${params}) => Topic<${events}, ${snapshot}>`,
    'const room¦ =': `const room: Topic<${events}, ${snapshot}>`,
    'room.subscribe¦(': `subscribe(handlers: SubscriptionHandlers<${events}, ${snapshot}>, options`,
    'room.on¦(': `on<"typing">(event: "typing", handler: (payload: ${typing}) => void, options`,
    'const event¦ of room': ['const event: {', ...items],
    'client.send¦(': `send: (input: ${input}, options?: CallOptions) => Promise<${message}>`,
    'client.complete¦(': `complete: (input: ${prompt}, options?: SignalOptions) => Run<${token}, ${tokens}>`,
    'const run¦ =': `const run: Run<${token}, ${tokens}>`,
    'const event¦ of run': 'const event: { type: "token"; data: string; }',
    'run.output¦)': `output: Promise<${tokens}>`,
  },
  'server.ts': {
    '  room¦: {': `room: ChannelHandler<${params}, ${events}, ${snapshot}, ${context}>`,
    'authorize¦:': `authorize?(request: { params: ${params}; context: ${context}; }): boolean | Promise<boolean>`,
    'snapshot¦:': `snapshot(request: { params: ${params}; signal: AbortSignal; }): ${snapshot} | Promise<`,
    '  send¦:': `send: CommandHandler<${input}, ${message}, ${errors}, ${context}, ${emitters}>`,
    '  complete¦:': `complete: StreamHandler<${prompt}, ${token}, ${tokens}, {}, ${context}, ${emitters}>`,
    '({ input¦, emit': `input: ${input}`,
    'input, emit¦,': `emit: ${emitters}`,
    'emit, fail¦ }': `fail: Fail<${errors}>`,
    'emit.room¦(': `room: (params: ${params}) => ${emitter}`,
    'tidings.emit.room¦(': `room: (params: ${params}) => ${emitter}`,
  },
  'more.ts': {
    'room, send¦,': `const send: CommandClient<${input}, ${message}, ${errors}>`,
    'complete¦ } =': `const complete: StreamClient<${prompt}, ${token}, ${tokens}, {}>`,
    'send.isError¦(': ['isError(error: unknown): error is TidingsError<', ...failures],
    '[error¦]': ['error: TidingsError<', ...failures],
    'topic¦: TopicOf': `topic: Topic<${events}, ${snapshot}>`,
    'event¦: TopicEventOf': ['event: {', ...items],
    'run¦: RunOf': `run: Run<${token}, ${tokens}>`,
    'office¦, ping': `const office: { readonly clock: () => Topic<${clockEvents}, never>; }`,
    'ping¦ } =': 'const ping: CommandClient<void, void, {}>',
    'emit¦ } =': `const emit: { readonly office: { readonly clock: () => TopicEmitter<${clockEvents}>; }; }`,
    'clock¦: { source': `clock?: ChannelHandler<{ [x: string]: never; }, ${clockEvents}, never, undefined>`,
    '({ emit¦ })': `emit: TopicEmitter<${clockEvents}>`,
    'ping¦: { run': 'ping: CommandHandler<void, void, {}, undefined, ',
  },
}

describe.each(Object.entries(hovers))('the hovers of %s show payloads and no schemas', (file, places) => {
  it.each(Object.entries(places))('at %s', (place, texts) => {
    const hover = hoverOver(file, place)
    for (const text of [texts].flat()) expect(hover).toContain(text)
    expect(hover).not.toMatch(/zod|z\.core|\.\.\.|\bany\b/i)
  })
})
