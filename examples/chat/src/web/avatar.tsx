/** Returns a hue for a name, the same on every page. */
function hueOf(name: string): number {
  let hash = 0
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360
  return hash
}

function initialsOf(name: string): string {
  const words = name.split(/\s+/)
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [name]
  return letters
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toUpperCase()
}

export function Avatar({ name }: { name: string }) {
  return (
    <span className="avatar" style={{ '--hue': hueOf(name) } as React.CSSProperties} aria-hidden="true">
      {initialsOf(name)}
    </span>
  )
}
