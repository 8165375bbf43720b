import { describe, expect, it } from 'vitest'
import { RunRoom } from './run-room.js'

/** A run that waits, and counts how often it might go on. */
function waitingRun(stuckLength = 0, endForRoom = () => {}) {
  let times = 0
  return {
    stuckLength,
    endForRoom,
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

  it('lets the first that waits for room go on, after those that wait for something else', () => {
    const room = new RunRoom(1_000, () => false)
    const gone: number[] = []
    const waitForRoom = (n: number) => {
      const reconsider = () => {
        gone.push(n)
        room.stopWaiting(run)
      }
      const run = { ...waitingRun(), reconsider }
      room.wait(run)
    }
    const reading = waitingRun()
    room.wait(reading)
    for (const n of [1, 2]) waitForRoom(n)
    room.take(1_001)
    expect(room.hasRoom()).toBe(false)
    room.give(1)
    room.reconsider()
    expect([reading.times, gone]).toEqual([1, [1]])
  })

  it('ends the longest logs of runs that wait for each other, until there is room', async () => {
    const ended: number[] = []
    const room = new RunRoom(1_000, () => false)
    const wait = (length: number) => {
      const run = waitingRun(length, () => {
        ended.push(length)
        room.stopWaiting(run)
        room.give(length)
      })
      room.wait(run)
    }
    for (const length of [300, 200, 400]) wait(length)
    room.take(1_300)
    room.endStuck()
    await new Promise((resolve) => setImmediate(resolve))
    // 400 belong to runs that may make room.
    expect(ended).toEqual([])
    wait(400)
    room.endStuck()
    room.endStuck()
    await new Promise((resolve) => setImmediate(resolve))
    expect(ended).toEqual([400])
    room.take(1_000)
    wait(1_000)
    room.endStuck()
    await new Promise((resolve) => setImmediate(resolve))
    expect(ended).toEqual([400, 1_000])
    room.take(700)
    wait(350)
    wait(350)
    room.endStuck()
    await new Promise((resolve) => setImmediate(resolve))
    expect(ended).toEqual([400, 1_000, 400, 350])
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
