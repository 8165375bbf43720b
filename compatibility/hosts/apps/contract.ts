import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import * as z from 'zod'

/** What the apps serve: one of everything, and commands with which the suite controls the server. */
export const contract = defineContract({
  room: channel({
    params: { roomId: z.string().min(1) },
    snapshot: z.object({ messages: z.array(z.string()) }),
    events: { message: z.object({ text: z.string(), sentAt: isoDate }) },
  }),
  flood: channel({ events: { piece: z.object({ n: z.number().int(), padding: z.string() }) } }),
  send: command({
    input: z.object({ roomId: z.string(), text: z.string() }),
    output: z.object({ text: z.string(), sentAt: isoDate }),
    errors: { muted: z.object({ until: isoDate }) },
  }),
  count: stream({
    input: z.object({ to: z.number().int(), hold: z.string().optional() }),
    events: { number: z.number() },
    output: z.object({ total: z.number(), at: isoDate }),
  }),
  control: {
    /** Returns how the server sees its clients. */
    stats: command({
      output: z.object({ connections: z.number(), lagging: z.number(), running: z.number() }),
    }),
    /** Returns how the server sees the caller. */
    caller: command({ output: z.object({ address: z.string().optional(), user: z.string() }) }),
    /** Returns the runs of `count` that were held and whose clients left. */
    left: command({ output: z.array(z.string()) }),
    /** Emits pieces of 64 KiB. */
    flood: command({ input: z.object({ pieces: z.number().int() }), output: z.object({ last: z.number() }) }),
    /** Ends the connections of the caller. */
    disconnect: command({}),
    /** Closes the server, after this command has returned. */
    shutDown: command({}),
  },
})
