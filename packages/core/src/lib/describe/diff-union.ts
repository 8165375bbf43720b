import { type Effect, incompatible, narrowed, unknown, widened } from './diff-change.js'
import type { Comparison } from './diff-comparison.js'
import {
  type Branch,
  branchName,
  isTaken,
  type Literal,
  listed,
  type Members,
  nameOf,
  type SchemaSource,
  structureOf,
} from './diff-value.js'

/** Compares the members of two schemas: pairs those that belong together, and adds a change for each other one. */
export function compareUnions(comparison: Comparison, before: Members, after: Members, path: string): void {
  if (before.isAny || after.isAny) {
    if (before.isAny && after.isAny) return
    const sentence = `was ${nameOf(before)} and is ${nameOf(after)}, of which the schemas do not tell whether values still fit`
    comparison.add(path, 'schema-changed', unknown, sentence)
    return
  }
  const pairs = pairsOf(comparison, before.branches, after.branches)
  const kept = new Set(pairs.flat())
  const gone = before.branches.filter((branch) => !kept.has(branch))
  const come = after.branches.filter((branch) => !kept.has(branch))
  const lost = before.literals.filter((value) => !isTaken(value, after))
  const added = after.literals.filter((value) => !isTaken(value, before))
  const isDisjoint =
    pairs.length === 0 && lost.length === before.literals.length && added.length === after.literals.length
  const isReplaced = isDisjoint && size(before) > 0 && size(after) > 0
  // A value named before may belong to a branch now, and the reverse.
  if (isReplaced) {
    comparison.add(
      path,
      'type-changed',
      effectOfType(comparison, before, after),
      `was ${nameOf(before)} and is ${nameOf(after)}`,
    )
    return
  }
  reportLiterals(comparison, lost, added, { before, after }, path)
  for (const branch of gone) {
    if (after.branches.some((other) => comparison.fits(branch, other, 'toNew'))) continue
    reportBranch(
      comparison,
      branch,
      'removed',
      `is not ${nameOfMember(comparison.before, branch)} any more`,
      path,
    )
  }
  for (const branch of come) {
    if (before.branches.some((other) => comparison.fits(other, branch, 'toOld'))) continue
    reportBranch(
      comparison,
      branch,
      'added',
      `may be ${nameOfMember(comparison.after, branch)} as well`,
      path,
    )
  }
  for (const [was, is] of pairs) {
    comparison.compareBranches(was, is, path + caseOf(comparison.before, was, before.branches.length))
  }
}

function size({ literals, branches }: Members): number {
  return literals.length + branches.length
}

/** A param whose values are all text stands in the query as it is, so that a server that reads text accepts any. */
function effectOfType({ place }: Comparison, before: Members, after: Members): Effect {
  const isText = ({ literals, branches }: Members) =>
    literals.every((value) => typeof value === 'string') && branches.every(({ type }) => type === 'string')
  if (!place.isParam || isText(before) === isText(after)) return incompatible
  return isText(after) ? { ...incompatible, toNew: 'dangerous' } : { ...incompatible, toOld: 'dangerous' }
}

function reportLiterals(
  comparison: Comparison,
  lost: readonly Literal[],
  added: readonly Literal[],
  { before, after }: { readonly before: Members; readonly after: Members },
  path: string,
): void {
  const isNamed = (value: Literal) => value !== null
  const values = { lost: lost.filter(isNamed), added: added.filter(isNamed) }
  if (values.lost.length > 0) {
    const sentence = `was ${nameOf(before)} and is ${nameOf(after)}, without ${listed(values.lost)}${skipped(comparison)}`
    comparison.add(path, 'value-removed', comparison.ofCase(narrowed), sentence)
  }
  if (values.added.length > 0) {
    const sentence = `was ${nameOf(before)} and may be ${listed(values.added)} as well${skipped(comparison)}`
    comparison.add(path, 'value-added', comparison.ofCase(widened), sentence)
  }
  if (lost.includes(null)) comparison.add(path, 'null-removed', narrowed, 'may not be null any more')
  if (added.includes(null)) comparison.add(path, 'null-added', widened, 'was never null and may be null now')
}

/** Says what becomes of an event with a case that its client does not know. */
function skipped({ place }: Comparison): string {
  return place.isEvent ? ', and a client skips an event with a case it does not know' : ''
}

function reportBranch(
  comparison: Comparison,
  { type }: Branch,
  how: 'added' | 'removed',
  sentence: string,
  path: string,
): void {
  const effect = how === 'added' ? widened : narrowed
  if (type === 'object')
    comparison.add(path, `member-${how}`, comparison.ofCase(effect), sentence + skipped(comparison))
  else comparison.add(path, how === 'added' ? 'type-widened' : 'type-narrowed', effect, sentence)
}

type Pair = readonly [before: Branch, after: Branch]

/** Pairs the branches that are versions of each other: by a key that tells them apart, or as the only ones of their type. */
function pairsOf(comparison: Comparison, before: readonly Branch[], after: readonly Branch[]): Pair[] {
  const pairs: Pair[] = []
  const paired = new Set<Branch>()
  const isLeft = (branch: Branch) => !paired.has(branch)
  const pair = (was: Branch, is: Branch | undefined) => {
    if (!is) return
    pairs.push([was, is])
    paired.add(was).add(is)
  }
  const tagsBefore = new Map(before.map((branch) => [branch, tagsOf(comparison.before, branch)]))
  const tagsAfter = new Map(after.map((branch) => [branch, tagsOf(comparison.after, branch)]))
  const pairByName = (namesBefore: Names, namesAfter: Names) => {
    const index = new BranchIndex(after, namesAfter)
    for (const was of before.filter(isLeft)) pair(was, index.first(namesBefore(was), isLeft))
  }
  pairByName(
    (was) => tagsBefore.get(was) ?? [],
    (is) => tagsAfter.get(is) ?? [],
  )
  const structure = ({ type, schema }: Branch) => [`${type} ${structureOf(schema)}`]
  pairByName(structure, structure)
  const isUntagged = (was: Branch, is: Branch) =>
    tagsBefore.get(was)?.length === 0 ||
    tagsAfter.get(is)?.length === 0 ||
    (before.length === 1 && after.length === 1)
  for (const type of ['string', 'number', 'array', 'object', 'other']) {
    const [were, are] = [before, after].map((all) => all.filter((each) => isLeft(each) && each.type === type))
    const [was] = were ?? []
    const [is] = are ?? []
    if (was && is && were?.length === 1 && are?.length === 1 && isUntagged(was, is)) pair(was, is)
  }
  return pairs
}

type Names = (branch: Branch) => readonly string[]

/** Branches by their names, so that each is found without a look at all others. */
class BranchIndex {
  readonly #places: ReadonlyMap<Branch, number>
  readonly #byName = new Map<string, Branch[]>()

  constructor(branches: readonly Branch[], names: Names) {
    this.#places = new Map(branches.map((branch, place) => [branch, place]))
    // The first ones last, where they are taken.
    for (const branch of branches.toReversed()) {
      for (const name of names(branch)) {
        const known = this.#byName.get(name)
        if (known) known.push(branch)
        else this.#byName.set(name, [branch])
      }
    }
  }

  /** Returns the first branch with one of the names that is left. One that is not left never is again. */
  first(names: readonly string[], isLeft: (branch: Branch) => boolean): Branch | undefined {
    const place = (branch: Branch) => this.#places.get(branch) ?? 0
    let first: Branch | undefined
    for (const name of names) {
      const branches = this.#byName.get(name) ?? []
      while (branches.length > 0 && !isLeft(branches.at(-1) as Branch)) branches.pop()
      const found = branches.at(-1)
      if (found && (!first || place(found) < place(first))) first = found
    }
    return first
  }
}

/** Returns the keys of an object that have one value, with it: `kind="image"`. */
function tagsOf(source: SchemaSource, { type, schema }: Branch): string[] {
  if (type !== 'object') return []
  return Object.entries((schema['properties'] ?? {}) as object).flatMap(([key, node]) => {
    const { literals, branches, isAny } = source.membersOf(node)
    return branches.length === 0 && !isAny && literals.length === 1
      ? [`${key}=${JSON.stringify(literals[0])}`]
      : []
  })
}

/** Returns what follows the path of a union to name one of its objects: `[kind="image"]`. */
function caseOf(source: SchemaSource, branch: Branch, count: number): string {
  const [tag] = count > 1 ? tagsOf(source, branch) : []
  return tag === undefined ? '' : `[${tag}]`
}

function nameOfMember(source: SchemaSource, branch: Branch): string {
  const [tag] = tagsOf(source, branch)
  return tag === undefined ? branchName(branch) : `${branchName(branch)} with ${tag}`
}
