// client.ts, in the browser or in Node
import { createClient } from '@tidings/client'
import { contract } from './contract.js'

const client = createClient(contract, {
  url: 'http://localhost:3000/events',
  headers: () => ({ authorization: 'Bearer ada' }), // called for every request
})

const room = client.room({ roomId: 'lobby' })
room.subscribe({
  snapshot: ({ messages }) => console.log(`${messages.length} messages so far`),
  message: ({ sentAt, author, text }) => console.log(sentAt.toLocaleTimeString(), author, text),
  gap: ({ reason }) => console.log('missed some:', reason),
})
const stop = room.on('typing', ({ author }) => console.log(author, 'is typing'))

await client.send({ roomId: 'lobby', author: 'ada', text: 'hello' }) // rejects with a typed TidingsError

const run = client.complete({ prompt: 'to be or not to be' })
for await (const event of run) process.stdout.write(`${event.data} `)
console.log((await run.output).tokens)

let bye: Promise<unknown> | undefined
for await (const event of room) {
  if (event.type === 'snapshot') bye = client.send({ roomId: 'lobby', author: 'ada', text: 'bye' })
  if (event.type === 'message' && event.data.text === 'bye') break
}
await bye // its response may arrive after its event
stop()
client.close()
