import { onMounted, type ShallowRef, shallowRef, watchEffect } from 'vue'

/** The value of a state, which `make` returns: again when what it reads has changed. */
export function useStore<Value>(make: () => { subscribe(run: (value: Value) => void): () => void }) {
  const value: ShallowRef<Value | undefined> = shallowRef()
  // Not on a server, which renders once.
  onMounted(() => {
    watchEffect((onCleanup) => {
      onCleanup(
        make().subscribe((next) => {
          value.value = next
        }),
      )
    })
  })
  return value
}
