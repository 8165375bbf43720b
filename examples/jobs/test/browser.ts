import type { Page } from 'playwright-core'

/** A job as a page shows it. */
export interface ShownJob {
  readonly title: string | null
  readonly state: string | null
  /** What the bar shows, in percent. */
  readonly share: number
  readonly detail: string | null
}

/** The jobs that a page shows, from the top. */
export function jobsOf(page: Page): Promise<ShownJob[]> {
  return page.getByRole('listitem').evaluateAll((items) =>
    items.map((item) => ({
      title: item.querySelector('h3')?.textContent ?? null,
      state: item.querySelector('.state')?.textContent ?? null,
      share: Math.round((item.querySelector('progress')?.value ?? Number.NaN) * 100),
      detail: item.querySelector('.detail')?.textContent ?? null,
    })),
  )
}
