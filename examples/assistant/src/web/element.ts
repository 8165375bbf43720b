type Attributes = Readonly<Record<string, string | boolean | ((event: Event) => void)>>

/** Creates an element: functions are listeners, `true` is an empty attribute, `false` is none. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const created = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') created.addEventListener(name, value)
    else if (value !== false) created.setAttribute(name, value === true ? '' : value)
  }
  created.append(...children)
  return created
}
