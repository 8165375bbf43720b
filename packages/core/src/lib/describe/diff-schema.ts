import {
  type Change,
  changeOf,
  type Effect,
  harmless,
  incompatible,
  type Place,
  unknown,
  type Verdict,
  verdictsOf,
  worst,
} from './diff-change.js'
import type { Comparison } from './diff-comparison.js'
import { compareLists } from './diff-list.js'
import { compareObjects } from './diff-object.js'
import { compareNumbers, compareStrings } from './diff-scalar.js'
import { compareUnions } from './diff-union.js'
import { type Branch, nameOf, SchemaSource, structureOf, textKeywords } from './diff-value.js'
import type { JsonSchema } from './document.js'

/** Sources of the schemas that are compared, which hold what references lead to. */
export interface Sources {
  readonly before: SchemaSource
  readonly after: SchemaSource
}

/** Whether values of one branch fit another, by the pair. */
type KnownFits = Readonly<Record<keyof Effect, Map<JsonSchema, Map<JsonSchema, boolean>>>> & {
  /** How many pairs were compared to find out. */
  trials: number
}

/** Pairs of branches that are compared to find whether one fits another. Any further ones count as not fitting. */
const maxTrials = 20_000

/** Compares the schemas of one payload, and collects the changes. */
export class SchemaComparison implements Comparison {
  readonly before: SchemaSource
  readonly after: SchemaSource
  readonly changes: Change[] = []
  readonly place: Place
  /** The pairs of schemas that were compared: recursive schemas end, and a shared definition is reported once. */
  readonly #compared = new Map<JsonSchema, Set<JsonSchema>>()
  readonly #fits: KnownFits

  constructor(
    { before, after }: Sources,
    place: Place,
    fits: KnownFits = { toOld: new Map(), toNew: new Map(), trials: 0 },
  ) {
    this.before = before
    this.after = after
    this.place = place
    this.#fits = fits
  }

  compare(nodeBefore: unknown, nodeAfter: unknown, path: string): void {
    const before = this.before.resolve(nodeBefore)
    const after = this.after.resolve(nodeAfter)
    if (this.#isKnown(before, after)) return
    this.#compareTexts(before, after, path)
    compareUnions(this, this.before.membersOf(before), this.after.membersOf(after), path)
  }

  compareBranches(before: Branch, after: Branch, path: string): void {
    if (before.type !== after.type) {
      const was = nameOf({ isAny: false, literals: [], branches: [before] })
      const is = nameOf({ isAny: false, literals: [], branches: [after] })
      this.add(path, 'type-changed', incompatible, `was ${was} and is ${is}`)
      return
    }
    switch (before.type) {
      case 'string':
        compareStrings(this, before.schema, after.schema, path)
        return
      case 'number':
        compareNumbers(this, before.schema, after.schema, path)
        return
      case 'array':
        compareLists(this, before.schema, after.schema, path)
        return
      case 'object':
        compareObjects(this, before.schema, after.schema, path)
        return
      case 'other':
        this.#compareOthers(before.schema, after.schema, path)
    }
  }

  fits(before: Branch, after: Branch, direction: keyof Effect): boolean {
    if (before.type !== after.type) return false
    const known = this.#fits[direction]
    const byAfter = known.get(before.schema) ?? new Map<JsonSchema, boolean>()
    known.set(before.schema, byAfter)
    const fit = byAfter.get(after.schema)
    if (fit !== undefined) return fit
    this.#fits.trials += 1
    if (this.#fits.trials > maxTrials) return false
    // A schema that contains itself fits if the rest of it does.
    byAfter.set(after.schema, true)
    const trial = new SchemaComparison(this, { ...this.place, isEvent: false }, this.#fits)
    trial.compareBranches(before, after, '')
    const side = (direction === 'toOld') === (this.place.to === 'clients') ? 'clients' : 'servers'
    const isFit = worst(trial.changes, side) === 'safe'
    byAfter.set(after.schema, isFit)
    return isFit
  }

  add(path: string, change: string, effect: Effect, sentence: string, advice = this.#advice(effect)): void {
    this.changes.push(changeOf(path, change, verdictsOf(this.place, effect), sentence, advice))
  }

  ofCase(effect: Effect): Effect {
    if (!this.place.isEvent) return effect
    const soft = (verdict: Verdict): Verdict => (verdict === 'breaking' ? 'dangerous' : verdict)
    return { toOld: soft(effect.toOld), toNew: soft(effect.toNew) }
  }

  get dropped(): Verdict {
    return this.place.to === 'clients' ? 'safe' : 'dangerous'
  }

  compareRest(before: JsonSchema, after: JsonSchema, known: readonly string[], path: string): void {
    const rest = (schema: JsonSchema) =>
      Object.fromEntries(
        Object.entries(schema).filter(([key]) => !known.includes(key) && !textKeywords.has(key)),
      )
    if (structureOf(rest(before)) === structureOf(rest(after))) return
    this.add(
      path,
      'schema-changed',
      unknown,
      'has other rules, of which the schemas do not tell whether values still fit',
    )
  }

  #isKnown(before: JsonSchema, after: JsonSchema): boolean {
    const known = this.#compared.get(before) ?? new Set()
    this.#compared.set(before, known)
    if (known.has(after)) return true
    known.add(after)
    return false
  }

  #compareTexts(before: JsonSchema, after: JsonSchema, path: string): void {
    if (after['deprecated'] === true && before['deprecated'] !== true) {
      this.add(path, 'deprecated', harmless, 'is deprecated now')
    }
    if (!('default' in before && 'default' in after)) return
    const [was, is] = [before['default'], after['default']].map((value) => JSON.stringify(value))
    if (was === is) return
    // The sender fills in the default, so that old clients name the topic of the old one.
    const effect = this.place.isParam ? unknown : harmless
    this.add(path, 'default-changed', effect, `had the default ${was} and has ${is}`)
  }

  #compareOthers(before: JsonSchema, after: JsonSchema, path: string): void {
    const { allOf: were, ...beside } = before
    const { allOf: are, ...besideAfter } = after
    if (!Array.isArray(were) || !Array.isArray(are) || were.length !== are.length) {
      this.compareRest(before, after, [], path)
      return
    }
    for (const [index, part] of were.entries()) this.compare(part, are[index], path)
    this.compareRest(beside, besideAfter, [], path)
  }

  #advice({ toOld, toNew }: Effect): string {
    const isWidened = toOld === 'breaking'
    const isNarrowed = toNew === 'breaking'
    if (isWidened && isNarrowed) return 'keep it as it was, and add another one beside it'
    return this.place.to === 'clients'
      ? 'keep to what clients know, and send the rest under another name'
      : 'keep accepting what clients send, until none is left that sends it'
  }
}

/** Compares the schemas of one payload. */
export function compareSchemas(before: JsonSchema, after: JsonSchema, place: Place): readonly Change[] {
  const sources = { before: new SchemaSource(before), after: new SchemaSource(after) }
  const comparison = new SchemaComparison(sources, place)
  comparison.compare(before, after, place.path)
  return comparison.changes
}
