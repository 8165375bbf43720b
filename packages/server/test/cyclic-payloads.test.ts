import { channel, command, defineContract, stream } from '@tidings/core'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { createServer } from '../src/index.js'

const Tree = z.object({
  get children() {
    return z.array(Tree)
  },
})

const cyclic: z.infer<typeof Tree> = { children: [] }
cyclic.children.push(cyclic)

const contract = defineContract({
  room: channel({ snapshot: Tree, events: { message: Tree } }),
  load: command({ output: Tree }),
  fail: command({ errors: { full: Tree } }),
  answer: stream({ events: { token: Tree }, output: Tree }),
})

function start() {
  const reported: string[] = []
  const onError = (error: unknown) => reported.push((error as Error).message)
  const tidings = createServer(
    contract,
    { onError },
    {
      room: { snapshot: () => cyclic },
      load: () => cyclic,
      fail: ({ fail }) => {
        throw fail('full', cyclic)
      },
      async *answer() {
        yield { type: 'token', data: cyclic }
        return cyclic
      },
    },
  )
  onTestFinished(() => tidings.close())
  return { tidings, reported }
}

type Started = ReturnType<typeof start>

const reason = 'did not fit the schema: Contains itself or is nested too deeply'

it('names an event whose payload contains itself', () => {
  const { tidings } = start()
  expect(() => tidings.emit.room().message(cyclic)).toThrow(
    expect.objectContaining({ code: 'invalid_output', message: `room.message ${reason}` }),
  )
})

it.each([
  ['a snapshot', 'the snapshot of room', ({ tidings }: Started) => tidings.snapshot.room()],
  ['an output', 'the output of load', ({ tidings }: Started) => tidings.call.load()],
  ['the data of an error', 'the data of error "full"', ({ tidings }: Started) => tidings.call.fail()],
  [
    'an event of a stream',
    'answer.token',
    async ({ tidings }: Started) => {
      for await (const _event of tidings.call.answer());
    },
  ],
])('reports %s that contains itself', async (_which, what, run) => {
  const server = start()
  await expect(run(server)).rejects.toMatchObject({ code: 'internal' })
  expect(server.reported).toEqual([`${what} ${reason}`])
})
