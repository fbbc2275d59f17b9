import type { Test } from 'tap'
import { compileCatalogue } from '../../lib/barman/compile.ts'
import { type Forms, formsOf } from '../../lib/openapi/forms.ts'
import type { Catalogue } from '../../lib/barman/catalogue.ts'
import { realCatalogue, VERSIONS } from '../lib/barman/policy-fixtures.ts'
import { buildApp } from '../support/app.ts'

export interface Schema { readonly [keyword: string]: unknown }
export interface Media { readonly schema: Schema, readonly example?: unknown, readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }
export interface Parameter { readonly name: string, readonly in: string, readonly required: boolean, readonly schema: Schema, readonly example?: unknown }
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly deprecated?: true
  readonly security?: readonly object[]
  readonly parameters?: ReadonlyArray<Parameter | { readonly $ref: string }>
  readonly requestBody?: { readonly required?: boolean, readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, object>>
}

/** As far as tests look into it. */
export interface Document {
  readonly openapi: string
  readonly info: { readonly description: string, readonly license: object }
  readonly tags: ReadonlyArray<{ readonly name: string }>
  readonly security: readonly object[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>
}

export type Documents = Readonly<Record<keyof Forms, Document>>

/** The documents that the app serves in front of each of these Barmans; of those whose help lies beside the tests, unless others are given. */
export async function documents (t: Test, catalogues: readonly Catalogue[] = VERSIONS.map(realCatalogue)): Promise<ReadonlyMap<string, Documents>> {
  const { app } = await buildApp(t)
  return new Map(catalogues.map((catalogue) => {
    const forms = formsOf(app.swagger(), compileCatalogue(catalogue), app.settings.barman.async_command)
    return [catalogue.version, forms as Documents] // the tests are what checks it
  }))
}

/** All operations with their paths and verbs. */
export function operationsOf ({ paths }: Document): Array<Operation & { readonly path: string, readonly verb: string }> {
  return Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([verb, operation]) => ({ ...operation, path, verb })))
}
