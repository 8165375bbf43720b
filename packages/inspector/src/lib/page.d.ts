/** The built page, which the package's build writes to `dist/page.js` from the folder `page`. */

/** A file of the page. */
export interface PageFile {
  readonly type: string
  readonly body: string
}

/** The HTML of the page. It refers to the files below `$inspect/`. */
export const html: string

/** The page's scripts and styles by name. Each name contains a hash of the content. */
export const files: Readonly<Record<string, PageFile>>
