// page.ts
import { createClient, type RunOf } from '@tidings/client'
import { contract } from './contract.js'

const client = createClient(contract, { url: 'http://localhost:3000/events' })

export function ask(question: string) {
  const run = client.answer({ question })
  sessionStorage.setItem('answer', run.id) // the id exists before the request is sent
  return show(run)
}

// After a reload, an answer may be in the middle, or over.
const id = sessionStorage.getItem('answer')
if (id) show(client.answer.attach(id))

function show(run: RunOf<typeof contract.answer>) {
  const answer = run.state(
    (state, event) => {
      if (event.type === 'word') return { ...state, text: state.text + event.data }
      return { ...state, tool: event.data.state === 'running' ? event.data.name : undefined }
    },
    { initial: { text: '', tool: undefined as string | undefined } },
  )
  const render = () => {
    const { text, tool } = answer.value
    document.body.textContent = tool ? `${text} (using ${tool})` : text
    if (answer.status === 'failed') sessionStorage.removeItem('answer') // of no use any more
  }
  answer.on('change', render)
  render()
  return run
}
