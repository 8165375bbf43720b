import type { Passage } from '../contract'

/** Characters of a passage that a model is given. */
const maxLength = 420
/** A shorter passage says too little without its neighbours. */
const minLength = 60
/** Words of a passage in which a word that occurs once counts half of what it could. */
const usualLength = 40

/** The paragraphs and list items of a Markdown document, each with the heading above it, without code and tables. */
export function passagesOf(path: string, markdown: string): Passage[] {
  const prose = markdown
    .replaceAll(/^( *)(`{3,}|~{3,}).*\n[\s\S]*?^\1\2`*$/gm, '')
    .replaceAll(/^ *\|.*$/gm, '')
  let heading = path
  const passages: Passage[] = []
  for (const block of prose.split(/\n\s*\n|\n(?= *(?:[*-]|\d+\.) )|(?<=^#.*)\n/m)) {
    const [, title] = /^\s*#{1,6} (.+)$/m.exec(block) ?? []
    if (title !== undefined) heading = plain(title)
    else {
      const text = shortened(plain(block))
      if (text.length >= minLength) passages.push({ path, heading, text })
    }
  }
  return passages
}

/** The text of Markdown: without images, the marks of quotes and lists, and the addresses of links. */
function plain(markdown: string): string {
  return markdown
    .replaceAll(/^ *(?:[>*-]|\d+\.) +/gm, '')
    .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/`|\*\*/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** The first sentences of a text, as many as fit. */
function shortened(text: string): string {
  let kept = ''
  for (const [sentence] of text.matchAll(/.*?[.?!](?= |$)|.+$/g)) {
    if (kept !== '' && kept.length + sentence.length > maxLength) break
    kept += sentence
  }
  return kept.replace(/:$/, '.')
}

const stopWords = new Set(
  'about also and any are but can could did does each for from had has have how into its more not only our out see that the their them then there these they this was what when where which while who why will with would you your'.split(
    ' ',
  ),
)

/** The words that say what a text is about, cut so that “reload” and “reloading” are the same. */
function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []
  return words
    .filter((word) => !stopWords.has(word))
    .map((word) =>
      word
        .replace(/(?:ing|ed|e?s)$/, '')
        .replace(/y$/, 'i')
        .slice(0, 7),
    )
}

/**
 * The passages that a query fits best, at most one below each heading: those with its words, the rarer the better, in the
 * heading or often in the text.
 */
export function bestPassages(passages: readonly Passage[], query: string, count: number): Passage[] {
  const indexed = passages.map((passage) => ({
    passage,
    words: wordsOf(passage.text),
    heading: wordsOf(passage.heading),
  }))
  const wanted = [...new Set(wordsOf(query))].map((word) => {
    const having = indexed.filter(({ words, heading }) => words.includes(word) || heading.includes(word))
    return { word, weight: Math.log(1 + passages.length / (1 + having.length)) }
  })
  const scored = indexed.map(({ passage, words, heading }) => {
    const scores = wanted.map(({ word, weight }) => {
      const times = words.filter((each) => each === word).length
      return weight * (times / (times + words.length / usualLength) + Number(heading.includes(word)) / 2)
    })
    return { passage, score: scores.reduce((sum, score) => sum + score, 0) }
  })
  const best = scored.filter(({ score }) => score > 0).sort((one, other) => other.score - one.score)
  const byHeading = new Map<string, Passage>()
  for (const { passage } of best) {
    const place = `${passage.path}#${passage.heading}`
    if (!byHeading.has(place)) byHeading.set(place, passage)
  }
  return [...byHeading.values()].slice(0, count)
}
