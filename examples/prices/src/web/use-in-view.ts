import { type RefObject, useEffect, useRef, useState } from 'react'

/** Returns whether an element is in view, or nearly, and the ref that it needs. */
export function useInView<Shown extends Element>(): { ref: RefObject<Shown | null>; isInView: boolean } {
  const ref = useRef<Shown>(null)
  const [isInView, setInView] = useState(true)
  useEffect(() => {
    if (!ref.current) return
    const observer = new IntersectionObserver(
      (entries) => setInView(entries.at(-1)?.isIntersecting ?? true),
      {
        rootMargin: '100px',
      },
    )
    observer.observe(ref.current)
    return () => observer.disconnect()
  }, [])
  return { ref, isInView }
}
