import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { languageService } from './language-service.js'

/** Mistakes in the parts of a server, each on a line that a comment names. */
const mistakes = `
import { channel, command, defineContract, TidingsError } from '@tidings/core'
import { createServer, implement } from '@tidings/server'
import * as z from 'zod'

const contract = defineContract({
  chat: { rooms: { send: command({ input: z.string() }) }, status: channel({ events: {} }) },
  billing: { pay: command({}), refund: command({}) },
})
const app = implement(contract, {
  context: ({ headers }) => ({ user: headers.get('authorization') }),
})
const members = app
  .use(({ next }) => next())
  .use(({ context, next }) => {
    if (context.user === null) throw new TidingsError({ code: 'unauthorized' })
    return next({ context: { user: context.user } })
  })
const rooms = members.handlers(contract.chat.rooms, { send: ({ context }) => void context.user.length })
const billing = members.handlers(contract.billing, { pay: () => {}, refund: () => {} })
const parts = { chat: { rooms }, billing }
createServer(app, {}, parts)

app.handlers(contract.chat.rooms, { send: ({ context }) => void context.user.length }) // not narrowed
app.handlers(contract.chat.rooms, { send: () => {}, sned: () => {} }) // unknown handler
app.handlers({ pong: command({}) }, { pong: () => {} }) // another contract
createServer(app, {}, { chat: {}, billing }) // missing part
createServer(app, {}, { ...parts, bills: billing }) // unknown part
createServer(app, {}, { ...parts, billing: rooms }) // misplaced part
createServer(app, { context: () => ({}) }, parts) // context of the app
app.use(async ({ next }) => void (await next())) // no result
`

const service = languageService({ 'mistakes.ts': mistakes })
const file = join(import.meta.dirname, 'mistakes.ts')
const lines = mistakes.split('\n')
const messages = new Map<string, string>()
for (const { start = 0, messageText } of service.getSemanticDiagnostics(file)) {
  const line = lines[mistakes.slice(0, start).split('\n').length - 1] ?? ''
  messages.set(line.split('// ')[1] ?? line, ts.flattenDiagnosticMessageText(messageText, '\n'))
}

it.each([
  ['not narrowed', "'context.user' is possibly 'null'"],
  ['unknown handler', "'sned' does not exist in type '{ readonly send: CommandHandler<string, void, {}, "],
  ['another contract', 'This is not the contract given to implement(), nor a member of it.'],
  ['missing part', 'The part \\"chat.rooms\\" is missing. Make it with app.handlers(contract.chat.rooms, …)'],
  ['unknown part', 'The contract has no \\"bills\\". Remove the part, or declare what it implements'],
  ['misplaced part', 'The part at \\"billing\\" has the handlers of another member of the contract.'],
  ['context of the app', 'Give `context` to implement(), which types middleware by it'],
  ['no result', "Type 'undefined' is not assignable to type 'MiddlewareResult<"],
])('a mistake in the parts of a server has a message: %s', (mistake, message) => {
  expect(messages.get(mistake)).toContain(message)
})

it('has no other message', () => {
  expect(messages.size).toBe(8)
})
