import { address } from './address'
import { answerView } from './answer-view'
import { type AnswerRun, client } from './client'
import { composer } from './composer'
import { connectionView } from './connection'
import { element } from './element'
import { startView } from './start'
import './styles.css'
import { windowButtons } from './windows'

const main = element('main')
const problem = element('p', { class: 'problem', role: 'alert', hidden: true })
const windows = windowButtons()
const form = composer({ onAsk: ask, onStop: () => void stop() })
const home = element('a', { href: '#', class: 'home' }, 'New question')

/** The run that the page shows, if any. */
let run: AnswerRun | undefined
let closeView = () => {}

function ask(question: string): void {
  const started = client.answer({ question })
  show(started, question)
  address.show(started.id)
}

async function stop(): Promise<void> {
  try {
    await run?.cancel()
  } catch {
    problem.textContent = 'The answer could not be stopped. Try again.'
    problem.hidden = false
  }
}

function show(shown: AnswerRun, question = ''): void {
  closeView()
  run = shown
  problem.hidden = true
  windows.hidden = home.hidden = false
  const { view, close } = answerView(shown, question, {
    onShown: (isRunning) => form.showRunning(isRunning),
    onGone: () => address.forget(),
    onAskAgain: ask,
  })
  closeView = close
  main.replaceChildren(view)
}

function showStart(): void {
  closeView()
  run = undefined
  windows.hidden = home.hidden = true
  form.showRunning(false)
  main.replaceChildren(startView(ask))
}

/** Shows what the address says. A run that the page has started itself is shown already. */
function showAddress(id: string): void {
  if (id === '') showStart()
  else if (id !== run?.id) show(client.answer.attach(id))
}

document
  .querySelector('#root')
  ?.replaceChildren(
    element(
      'header',
      {},
      element('img', { src: '/icon.svg', alt: '', width: '28', height: '28' }),
      element('h1', {}, 'Assistant'),
      connectionView(),
      home,
    ),
    main,
    element('footer', {}, problem, windows, form.form),
  )

addEventListener('hashchange', () => {
  if (address.id === '') address.forget()
  showAddress(address.id)
})
showAddress(address.restore())
