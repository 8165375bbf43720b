import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { listen } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'
import * as z from 'zod'
import type { Running } from '../run-cli.js'

const Message = z.object({ author: z.string().min(1), text: z.string(), sentAt: isoDate })

export const contract = defineContract({
  room: channel({
    params: { roomId: z.string().min(1) },
    snapshot: z.object({ texts: z.array(z.string()) }),
    events: { message: Message, cleared: undefined },
  }),
  ticks: channel({ events: { tick: z.number().int() } }),
  chat: {
    send: command({
      input: z.object({ roomId: z.string(), author: z.string().min(1), text: z.string() }),
      output: Message,
      errors: { muted: z.object({ until: isoDate }) },
    }),
  },
  ping: command({}),
  complete: stream({
    input: z.object({ prompt: z.string().min(1) }),
    events: { token: z.string() },
    output: z.object({ tokens: z.number().int() }),
    errors: { refused: z.object({ word: z.string() }) },
  }),
})

/** A server of {@link contract} that a test controls. */
export interface Chat {
  readonly url: string
  readonly host: Awaited<ReturnType<typeof listen>>
  readonly emit: ReturnType<typeof start>['emit']
  /** How often the command was run. */
  readonly sent: () => number
  /** Lets the runs of `complete` end, which wait after their last event. */
  readonly finish: () => void
  /** Words of prompts whose runs were ended by their readers. */
  readonly aborted: string[]
}

/** Starts a server on 127.0.0.1, and stops it when the test is over. */
export async function startChat({
  port,
  describe = true,
}: {
  port?: number
  describe?: boolean
} = {}): Promise<Chat> {
  let sent = 0
  const aborted: string[] = []
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const onSend = () => {
    sent += 1
  }
  const tidings = start(describe, onSend, aborted, finished)
  const host = await listen(nodeHandler(tidings), port)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { url: `${host.origin}/events`, host, emit: tidings.emit, sent: () => sent, finish, aborted }
}

function start(describe: boolean, onSend: () => void, aborted: string[], finished: Promise<void>) {
  return createServer(
    contract,
    { describe, retryMs: 50 },
    {
      room: {
        authorize: ({ params }) => params.roomId !== 'staff',
        snapshot: () => ({ texts: ['before'] }),
      },
      ticks: {},
      ping: () => {},
      chat: {
        send: async ({ input: { roomId, ...rest }, emit, fail }) => {
          onSend()
          if (rest.text === 'spam') throw fail('muted', { until: new Date(0) }, 'You are muted')
          const message = { ...rest, sentAt: new Date(0) }
          await emit.room({ roomId }).message(message)
          return message
        },
      },
      complete: {
        lingerMs: 30_000,
        run: async function* ({ input, signal, fail }) {
          const words = input.prompt.split(' ')
          signal.addEventListener('abort', () => aborted.push(input.prompt))
          for (const word of words) {
            if (word === 'bomb') throw fail('refused', { word })
            yield { type: 'token', data: word }
          }
          if (words.includes('wait')) await Promise.race([finished, fired(signal)])
          return { tokens: words.length }
        },
      },
    },
  )
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
}

/** The records that a run of the program with `--json` has printed. */
export function recordsOf({ stdout }: Pick<Running, 'stdout'>): Record<string, unknown>[] {
  const lines = stdout.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Printed lines, with the time of each replaced. */
export function untimed(text: string): string {
  return text.replace(/^\d\d:\d\d:\d\d\.\d{3}/gm, '<time>')
}
