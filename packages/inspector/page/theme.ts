import { useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const themes = ['system', 'light', 'dark'] as const
const key = 'tidings-inspector-theme'

/** Applies a theme to the page. `system` leaves the choice to the browser. */
function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

function stored(): Theme {
  try {
    return themes.find((theme) => theme === localStorage.getItem(key)) ?? 'system'
  } catch {
    // The browser may forbid storage.
    return 'system'
  }
}

apply(stored())

/** Returns the theme, and a function that changes to the next one: as the system, light, dark. */
export function useTheme(): [theme: Theme, next: () => void] {
  const [theme, setTheme] = useState(stored)
  const next = () => {
    const following = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
    apply(following)
    setTheme(following)
    try {
      localStorage.setItem(key, following)
    } catch {
      // The theme then lasts until the page is reloaded.
    }
  }
  return [theme, next]
}
