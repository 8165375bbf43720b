import { Converter } from 'typedoc'

/** A plugin of TypeDoc: names the modules as programs import them, `@tidings/client/react` for `client/src/react`. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const module of project.children ?? []) {
      const [name, , entry] = module.name.split('/')
      module.name = ['@tidings', name, ...(entry === undefined ? [] : [entry])].join('/')
    }
  })
}
