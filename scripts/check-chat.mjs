// Starts the example chat as the README describes, and checks that the printed address serves the app and a
// topic.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const chat = spawn('npm', ['run', 'chat'], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
const exited = once(chat, 'exit')
try {
  const address = await printedAddress()
  const page = await fetch(address)
  if (!page.ok || !(await page.text()).includes('<title>'))
    throw new Error(`${address} is not the page of the chat: ${page.status}`)
  const topic = await fetch(`${address}/events/room?roomId=lobby`)
  const { value } = await topic.body.getReader().read()
  if (!new TextDecoder().decode(value).includes('event: $open'))
    throw new Error('The topic is not an event stream')
  console.log(`The chat runs at ${address}`)
} finally {
  // The process group has npm and the server that it started.
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
  throw new Error('The chat ended before it printed its address')
}
