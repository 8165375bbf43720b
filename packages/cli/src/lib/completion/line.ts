/** Splits what was typed into words, as a shell does: at spaces that are not quoted. The last word may be empty. */
export function wordsOf(line: string): string[] {
  const words = ['']
  let quote = ''
  for (let index = 0; index < line.length; index++) {
    const character = line[index] ?? ''
    const last = words.length - 1
    if (character === '\\' && quote !== "'") words[last] += line[++index] ?? ''
    else if (quote !== '') {
      if (character === quote) quote = ''
      else words[last] += character
    } else if (character === '"' || character === "'") quote = character
    else if (/\s/.test(character)) {
      if (words[last] !== '') words.push('')
    } else words[last] += character
  }
  return words
}

/** Returns what bash inserts for a word: it has taken the part up to the last `:` or `=` as words of their own. */
export function bashReply(candidate: string, typed: string): string {
  return candidate.slice(Math.max(typed.lastIndexOf(':'), typed.lastIndexOf('=')) + 1)
}
