/** The maximum length of an expression that is tested, in characters. */
const maxLength = 1_000

/** The steps that a test may take: about a second. */
const maxSteps = 1e8

/** An expression that only shorter texts could be tested with is not used. */
const minTextLength = 30

/** The ways in which the choices of an expression can be combined, at most. */
const maxChoices = 10_000

/** Tests texts with an expression from outside the program. */
export interface SafePattern {
  readonly expression: RegExp
  /** Texts longer than this are not tested: matching takes too long. */
  readonly maxTextLength: number
}

/**
 * Returns an expression that takes no longer than a bounded time for any text; undefined for one that might.
 *
 * Engines that search by trying again take exponential time for some expressions, such as `^(a+)+$`. What is excluded
 * here is a repetition inside a repetition, choices inside a repetition or too many in total, references to a group and
 * assertions that look around. Each repetition that is left may multiply the time by the length of the text, which bounds
 * the texts that are tested.
 *
 * @throws SyntaxError for text that is not an expression
 */
export function safePattern(source: string, flags = ''): SafePattern | undefined {
  const expression = new RegExp(source, /\\[pP]\{|\\u\{/.test(source) ? `${flags}u` : flags)
  if (source.length > maxLength) return undefined
  const cost = costOf(source)
  if (!cost || cost.choices > maxChoices) return undefined
  // Without an anchor, the search begins again at each character.
  const repetitions = cost.repetitions + (source.startsWith('^') && !cost.hasTopLevelChoice ? 0 : 1)
  const maxTextLength = Math.floor((maxSteps / cost.choices) ** (1 / repetitions))
  return maxTextLength < minTextLength ? undefined : { expression, maxTextLength }
}

interface Cost {
  /** How many repetitions without a bound there are. */
  repetitions: number
  /** In how many ways the choices can be combined. */
  choices: number
  hasTopLevelChoice: boolean
}

interface Group {
  /** Whether it has a repetition or choice inside, so that it must not be repeated. */
  varies: boolean
  /** Whether it has an exact repetition inside. */
  repeats: boolean
  branches: number
}

/** A character, an escape or a class, which takes one character of the text. */
const single =
  /^(?:\\(?:[pPu]\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|[^1-9k])|\[(?:\\.|[^\]\\])*\]|[^\\()[\]|*+?{}])/s

const assertion = /^(?:[\^$]|\\[bB])/

const opening = /^\((?:\?:)?/

const quantifier = /^(?:[*+?]|\{(\d+)(,(\d*))?\})\??/

/** Repetitions up to this count as choices; above, as a repetition without a bound. */
const maxRepeated = 20

/** Reads an expression. Undefined for what it does not know, or what may take exponential time. */
function costOf(source: string): Cost | undefined {
  const cost: Cost = { repetitions: 0, choices: 1, hasTopLevelChoice: false }
  const groups: Group[] = [{ varies: false, repeats: false, branches: 1 }]
  let rest = source
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const match = pattern.exec(rest) ?? undefined
    rest = rest.slice(match?.[0].length ?? 0)
    return match
  }
  while (rest !== '') {
    const group = groups.at(-1) as Group
    if (take(assertion)) continue
    if (rest.startsWith('|')) {
      rest = rest.slice(1)
      group.branches += 1
      group.varies = true
      if (groups.length === 1) cost.hasTopLevelChoice = true
      continue
    }
    if (rest.startsWith('(')) {
      if (/^\(\?[^:]/.test(rest)) return undefined
      take(opening)
      groups.push({ varies: false, repeats: false, branches: 1 })
      continue
    }
    let inner: Group | undefined
    if (rest.startsWith(')')) {
      rest = rest.slice(1)
      inner = groups.pop()
      if (!inner || groups.length === 0) return undefined
      cost.choices *= inner.branches
    } else if (!take(single)) return undefined
    const outer = groups.at(-1) as Group
    if (inner?.varies) outer.varies = true
    if (inner?.repeats) outer.repeats = true
    const repeated = take(quantifier)
    if (repeated && !count(repeated, inner, outer, cost)) return undefined
  }
  if (groups.length !== 1) return undefined
  cost.choices *= groups[0]?.branches ?? 1
  return cost
}

/** Counts a quantifier. Returns whether the expression stays bounded. */
function count(repeated: RegExpExecArray, inner: Group | undefined, outer: Group, cost: Cost): boolean {
  const [text, least, range, most] = repeated
  const isOnce = text.startsWith('?')
  // An exact number of times is not a choice: `[0-9a-f]{8}`.
  const isExact = least !== undefined && range === undefined
  if (inner?.varies && !isOnce) return false
  if (isExact) {
    outer.repeats = true
    return Number(least) <= maxLength && !(inner?.repeats && Number(least) > maxRepeated)
  }
  outer.varies = true
  if (isOnce) {
    cost.choices *= 2
  } else if (most && Number(most) <= maxRepeated && !inner) {
    cost.choices *= 1 + Number(most) - Number(least)
  } else {
    cost.repetitions += 1
  }
  return true
}
