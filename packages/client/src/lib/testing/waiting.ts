import { withPatience } from './patience.js'
import { turn } from './turn.js'

interface Task {
  isReady(): boolean
  run(): void
  resolve(): void
  reject(error: unknown): void
}

/** What a test sends to a client that is not ready for it: done in order, each as soon as it can be. */
export class Waiting {
  readonly #tasks = new Set<Task>()

  /**
   * Runs a task as soon as it is ready. Resolves when the client has handled what it sent.
   *
   * @param message returns why it could not be run, for the error after 4 s
   */
  async run(isReady: () => boolean, run: () => void, message: () => string): Promise<void> {
    let own: Task | undefined
    const done = new Promise<void>((resolve, reject) => {
      own = { isReady, run, resolve, reject }
      this.#tasks.add(own)
    })
    this.flush()
    await withPatience(done, message).finally(() => own && this.#tasks.delete(own))
    await turn()
    await turn()
  }

  /** Runs the tasks that are ready. */
  flush(): void {
    for (const task of this.#tasks) {
      if (!task.isReady()) continue
      this.#tasks.delete(task)
      try {
        task.run()
        task.resolve()
      } catch (error) {
        task.reject(error)
      }
      // A task may make an earlier one ready, as a snapshot does for events.
      this.flush()
      return
    }
  }
}
