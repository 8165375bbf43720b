import { boardView } from './board'
import { clientOf } from './client'
import { currentSession, type SignedIn, signOut } from './session'
import { signInView } from './sign-in'
import './styles.css'

const root = document.querySelector('#root') as HTMLElement

function showSignIn(message = ''): void {
  root.replaceChildren(signInView(message, showBoard))
}

function showBoard({ user }: SignedIn): void {
  const client = clientOf(user.id)
  const leave = (message?: string) => {
    client.close()
    showSignIn(message)
  }
  root.replaceChildren(
    boardView(client, user.id, {
      onSignOut: () => void signOut().then(() => leave()),
      // The session has expired, or has ended in another tab.
      onSessionEnd: () => leave('Your session has ended. Sign in again.'),
    }),
  )
}

const session = await currentSession()
if (session) showBoard(session)
else showSignIn()
