/** What a visitor may try while jobs are running. */
export function Windows() {
  const open = (features: string) => window.open(location.href, '', features)
  return (
    <nav className="windows" aria-label="Try it">
      <button type="button" className="quiet" onClick={() => location.reload()}>
        Reload
      </button>
      <button type="button" className="quiet" onClick={() => open('')}>
        Second tab
      </button>
      <button type="button" className="quiet" onClick={() => open('popup,width=400,height=780')}>
        Phone-sized window
      </button>
    </nav>
  )
}
