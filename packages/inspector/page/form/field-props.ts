import { type ComponentType, createContext } from 'react'
import type { Schema } from '../schema/json-schema.js'

export type Path = readonly (string | number)[]

/** What fields need of their form. */
export interface FieldContext {
  readonly issues: ReadonlyMap<string, readonly string[]>
  touch(path: Path): void
}

export const FormContext = createContext<FieldContext>({ issues: new Map(), touch: () => {} })

export interface FieldProps {
  readonly label: string
  readonly schema: Schema
  /** The schema that references begin at. */
  readonly root: Schema
  readonly path: Path
  readonly value: unknown
  readonly isRequired: boolean
  /** Called with the new value; with `undefined` for one that is left out. */
  onChange(value: unknown): void
}

/** The control of a field, with what it needs to be labelled and to show its mistakes. */
export interface ControlProps extends FieldProps {
  readonly id: string
  readonly describedBy: string
  readonly isInvalid: boolean
  onBlur(): void
  /** The component for the fields of its parts, which are fields of any kind. */
  readonly Field: ComponentType<FieldProps>
}
