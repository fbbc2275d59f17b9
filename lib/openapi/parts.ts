import type { TSchema } from '@sinclair/typebox'
import { Problem } from '../../schemas/problem.ts'

/** A schema with a name, as documents refer to it. */
export function ref ({ $id }: TSchema): { $ref: string } {
  return { $ref: `#/components/schemas/${$id}` }
}

const problem = { content: { 'application/problem+json': { schema: ref(Problem) } } }

/** What any operation may answer when it cannot do what was asked. */
export const problemResponses = {
  '4XX': { description: "The caller's fault, or Barman's refusal", ...problem },
  '5XX': { description: 'Not now, or not here', ...problem }
}
