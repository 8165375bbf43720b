import { createClient } from '@tidings/client'
import { contract } from './contract'

const [url = 'http://localhost:3000/events'] = process.argv.slice(2)
const client = createClient(contract, { url, onError: (error, at) => console.error(error.message, at) })
const me = { roomId: 'lobby', author: 'bot' } as const

process.once('SIGINT', () => client.close())
process.once('SIGTERM', () => client.close())
console.log(`The bot replies to @bot in the ${me.roomId} of ${url}`)

for await (const event of client.room({ roomId: me.roomId })) {
  if (event.type !== 'message' || event.data.author === me.author) continue
  const [, prompt] = /@bot\b[,:]?\s*(.+)/s.exec(event.data.text) ?? []
  if (prompt) await reply(prompt).catch((error: unknown) => console.error(error))
}

/** Runs the stream, shows the room that the bot is typing meanwhile, and sends the result. */
async function reply(prompt: string): Promise<void> {
  const words: string[] = []
  for await (const token of client.complete({ prompt })) {
    if (words.length % 10 === 0) await client.typing(me)
    words.push(token.data)
  }
  await client.send({ ...me, text: words.join(' ') })
}
