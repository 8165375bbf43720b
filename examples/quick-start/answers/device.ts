// device.ts
import { createClient } from '@tidings/client'
import { contract } from './contract.js'

const client = createClient(contract, { url: 'http://localhost:3000/events' })

const run = client.answer.attach(process.argv[2] ?? '')
for await (const event of run) if (event.type === 'word') process.stdout.write(event.data)
const { words } = await run.output
console.log(`\n${words} words`)
client.close()
