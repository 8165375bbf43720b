import { measureFlow, measureIdle, type Sample } from './measure.js'
import type { Scenario } from './scenario.js'

/** The share of the machine that other programs may use in a round. */
const quietShare = 0.05

/** Measures all subjects in turn, so that a slow period of the machine affects all of them. */
export async function samplesOf(
  scenario: Scenario,
  subjects: readonly string[],
  mostRounds: number,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(subjects.map((subject) => [subject, []]))
  // Memory varies little and takes long to measure.
  const rounds = scenario.kind === 'idle' ? Math.min(mostRounds, 3) : mostRounds
  for (let round = 1; round <= rounds; round += 1) {
    for (const [subject, ofSubject] of samples) {
      showProgress(`${scenario.name} ${round}/${rounds} ${subject}`)
      ofSubject.push(await sampleOf(subject, scenario))
    }
  }
  showProgress('')
  return samples
}

/**
 * Measures a round, and up to three times again if other programs used the machine. Returns the least
 * disturbed.
 */
async function sampleOf(subject: string, scenario: Scenario): Promise<Sample> {
  if (scenario.kind === 'idle') return measureIdle(subject, scenario)
  let best = await measureFlow(subject, scenario)
  for (let retries = 0; retries < 3 && best.othersBusy > quietShare; retries += 1) {
    const again = await measureFlow(subject, scenario)
    if (again.othersBusy < best.othersBusy) best = again
  }
  return best
}

function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\x1b[2K\r${line}`)
}
