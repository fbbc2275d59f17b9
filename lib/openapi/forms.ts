import type { CompiledCatalogue } from '../barman/compile.ts'
import { documentOf } from './document.ts'
import { toOpenApi30 } from './openapi30.ts'
import { toPage } from './page.ts'

/** The document in every form that is served. */
export interface Forms {
  readonly v31: object
  /** For tools that know 3.0 only. */
  readonly v30: object
  /** What Swagger UI shows. */
  readonly page: object
}

/** Makes all forms of the document. */
export function formsOf (routes: object, catalogue: CompiledCatalogue, asyncCommands: readonly string[]): Forms {
  const document = documentOf(routes, catalogue, asyncCommands)
  return { v31: document, v30: toOpenApi30(document), page: toPage(document) }
}
