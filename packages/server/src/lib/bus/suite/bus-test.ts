import type { Bus } from '../bus.js'

/** One test of a suite: it passes if `run` resolves. */
export interface BusTest {
  readonly name: string
  run(): Promise<void>
}

/** Defines a test that uses a number of members of one bus. */
export type DefineTest = (
  name: string,
  members: number,
  body: (...members: Bus[]) => Promise<void>,
) => BusTest

/** Returns a function that defines tests, whose members are made with `connect` and closed after the test. */
export function testsOn(connect: () => Bus | Promise<Bus>): DefineTest {
  return (name, count, body) => ({
    name,
    async run() {
      const members = await Promise.all(Array.from({ length: count }, async () => connect()))
      try {
        await body(...members)
      } finally {
        await Promise.all(members.map((member) => member.close()))
      }
    },
  })
}
