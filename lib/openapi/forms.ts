import type { CompiledCatalogue } from '../barman/compile.ts'
import { documentOf } from './document.ts'
import { toOpenApi30 } from './openapi30.ts'
import { toPage } from './page.ts'

/** The document in every form that is served. */
export interface Forms {
  readonly '3.1': object
  /** For tools that know 3.0 only. */
  readonly '3.0': object
  /** What Swagger UI shows. */
  readonly page: object
}

/** Makes all forms of the document. */
export function formsOf (routes: object, catalogue: CompiledCatalogue, asyncCommands: readonly string[]): Forms {
  const document = documentOf(routes, catalogue, asyncCommands)
  return { '3.1': document, '3.0': toOpenApi30(document), page: toPage(document) }
}
