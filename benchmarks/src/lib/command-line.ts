import { parseArgs } from 'node:util'
import { fullScenarios, quickScenarios, type Scenario } from './scenario.js'
import { type SubjectName, subjectNames } from './subject-names.js'

/** The subjects and scenarios to measure. */
export interface Plan {
  readonly subjects: readonly SubjectName[]
  readonly scenarios: readonly Scenario[]
  readonly rounds: number
  /** Whether the plan has every subject and scenario, so that its results may be published. */
  readonly isFull: boolean
}

const usage = `npm run bench -- [options]

  --only a,b        these subjects: ${subjectNames.join(', ')}
  --scenario a,b    these scenarios: ${fullScenarios()
    .map(({ name, title }) => `${name} (${title})`)
    .join('; ')}
  --rounds n        rounds for each subject (5)
  --quick           one short round`

/** Parses the command line. @throws Error with the usage if an option is unknown */
export function parsePlan(args: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      scenario: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) throw new Error(usage)
  const { only, scenario, quick } = values
  const scenarios = quick ? quickScenarios() : fullScenarios()
  const chosen = choose(
    scenarios.map(({ name }) => name),
    scenario,
  )
  return {
    subjects: choose(subjectNames, only),
    scenarios: scenarios.filter(({ name }) => chosen.includes(name)),
    rounds: values.rounds === undefined ? (quick ? 1 : 5) : parseRounds(values.rounds),
    isFull: !quick && only === undefined && scenario === undefined,
  }
}

/** Parses the number of rounds. @throws Error if it is not a positive integer */
export function parseRounds(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds >= 1) return rounds
  throw new Error(`--rounds is ${text}. Give the number of rounds, such as --rounds 3`)
}

/**
 * Returns the names of a list such as `a,b`, in their order, or all without one.
 *
 * @param always names that are chosen in any case
 * @throws Error if the list has an unknown name
 */
export function chooseNames<Name extends string>(
  all: readonly Name[],
  list: string | undefined,
  always: readonly Name[] = [],
): readonly Name[] {
  const chosen: readonly string[] = list?.split(',') ?? all
  const unknown = chosen.filter((name) => !(all as readonly string[]).includes(name))
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}. Choose of: ${all.join(', ')}`)
  return all.filter((name) => chosen.includes(name) || always.includes(name))
}

function choose<Name extends string>(all: readonly Name[], list: string | undefined): readonly Name[] {
  if (list === undefined) return all
  const chosen = list.split(',')
  const unknown = chosen.filter((name) => !(all as readonly string[]).includes(name))
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}\n\n${usage}`)
  return all.filter((name) => chosen.includes(name))
}
