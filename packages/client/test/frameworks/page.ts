/** A component on a page, whose test shows it other rooms. */
export interface Mounted {
  show(roomId: string): void
  leave(): void
}

/** What the test of a page calls in it. */
export interface Page {
  mount(roomId: string): void
  show(roomId: string): void
  leave(): void
}

/** Lets the test mount a component, and offers what it does then. */
export function page(mount: (target: HTMLElement, roomId: string) => Mounted): void {
  let mounted: Mounted | undefined
  const offered: Page = {
    mount: (roomId) => {
      mounted = mount(document.body.appendChild(document.createElement('main')), roomId)
    },
    show: (roomId) => mounted?.show(roomId),
    leave: () => mounted?.leave(),
  }
  Object.assign(globalThis, { page: offered })
}
