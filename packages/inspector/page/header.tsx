import { linkTo } from './route.js'
import { useTheme } from './theme.js'

/** The bar at the top of the page. */
export function Header({ mount }: { readonly mount: string }) {
  const [theme, next] = useTheme()
  return (
    <header className="app-header">
      <a className="app-name" href={linkTo()}>
        Tidings <span>inspector</span>
      </a>
      <code className="app-mount">{mount}</code>
      <button type="button" className="quiet" onClick={next} aria-label={`Theme: ${theme}. Change`}>
        {theme}
      </button>
    </header>
  )
}
