import { AuthorizationMenu } from './authorization-menu.js'
import { linkTo } from './route.js'
import { useTheme } from './theme.js'

const themeNames = { system: 'System', light: 'Light', dark: 'Dark' } as const

/** The bar at the top of the page. */
export function Header({
  mount,
  isListOpen,
  onToggleList,
}: {
  readonly mount: string
  readonly isListOpen: boolean
  onToggleList(): void
}) {
  const [theme, next] = useTheme()
  return (
    <header className="app-header">
      <button
        type="button"
        className="quiet app-menu"
        aria-expanded={isListOpen}
        aria-controls="procedures"
        onClick={onToggleList}
      >
        Procedures
      </button>
      <a className="app-name" href={linkTo()}>
        Tidings <span>inspector</span>
      </a>
      <code className="app-mount" title={mount}>
        {mount}
      </code>
      <AuthorizationMenu />
      <button
        type="button"
        className="quiet"
        onClick={next}
        aria-label={`Theme: ${themeNames[theme]}. Change it`}
      >
        {themeNames[theme]}
      </button>
    </header>
  )
}
