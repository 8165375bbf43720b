// Starts the example chat as the README says, and checks that the address it prints answers with the app and the wire.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const chat = spawn('npm', ['run', 'chat'], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
const exited = once(chat, 'exit')
try {
  const address = await printedAddress()
  const page = await fetch(address)
  if (!page.ok || !(await page.text()).includes('<title>'))
    throw new Error(`${address} is no page: ${page.status}`)
  const topic = await fetch(`${address}/events/room?roomId=lobby`)
  const { value } = await topic.body.getReader().read()
  if (!new TextDecoder().decode(value).includes('event: $open'))
    throw new Error('the topic is no event stream')
  console.log(`The chat answers at ${address}`)
} finally {
  // Its own process group: npm, and the server it started.
  process.kill(-chat.pid, 'SIGTERM')
  await exited
}
process.exit(0)

async function printedAddress() {
  let printed = ''
  const deadline = setTimeout(() => chat.kill(), 300_000)
  for await (const chunk of chat.stdout) {
    printed += chunk
    process.stdout.write(chunk)
    const [address] = /http:\/\/localhost:\d+/.exec(printed) ?? []
    if (!address) continue
    clearTimeout(deadline)
    return address
  }
  throw new Error('the chat ended before it printed its address')
}
