import { describe, expect, it } from 'vitest'
import { RunRoom } from './run-room.js'

/** A run that waits, and counts how often it might go on. */
function waitingRun() {
  let times = 0
  return {
    reconsider() {
      times += 1
    },
    get times() {
      return times
    },
  }
}

describe('the room of runs', () => {
  it('lets runs go on once a share of it is free, and not for each event that is dropped', () => {
    const room = new RunRoom(1_600, () => false)
    const run = waitingRun()
    room.take(1_601)
    expect(room.hasRoom()).toBe(false)
    room.wait(run)
    for (let n = 0; n < 10; n += 1) {
      room.give(10)
      room.take(10)
    }
    room.give(100)
    expect(run.times).toBe(0)
    room.give(1)
    expect(run.times).toBe(1)
    room.give(500)
    expect(run.times).toBe(1)
  })

  it('drops logs that are not needed before runs have to wait', () => {
    const dropped = [100, 100]
    const room: RunRoom = new RunRoom(1_000, () => {
      const length = dropped.pop()
      if (length !== undefined) room.give(length)
      return length !== undefined
    })
    room.take(1_150)
    expect(room.hasRoom()).toBe(true)
    expect(dropped).toEqual([])
    room.take(100)
    expect(room.hasRoom()).toBe(false)
  })
})
