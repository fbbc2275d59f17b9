import type { TSchema } from '@sinclair/typebox'
import { Job } from '../../schemas/job.ts'
import { Problem } from '../../schemas/problem.ts'
import { API_PARAMETERS } from '../barman/api-parameters.ts'
import { ENDED_JOB, PROBLEMS, RUNNING_JOB } from './samples.ts'
import { queryParameter } from './query.ts'

type Kind = 'parameters' | 'responses' | 'schemas'

/** A part of the document by its name. */
export function refTo (kind: Kind, name: string): { $ref: string } {
  return { $ref: `#/components/${kind}/${name}` }
}

/** A schema with a name, as documents refer to it. */
export function ref ({ $id }: TSchema): { $ref: string } {
  return refTo('schemas', String($id))
}

/** A JSON body. */
export function json (schema: object, example?: unknown): object {
  return { 'application/json': { schema, ...(example === undefined ? {} : { example }) } }
}

/** What any operation may answer when it cannot do what was asked. */
export const PROBLEM_RESPONSES = { '4XX': refTo('responses', 'Problem'), '5XX': refTo('responses', 'Problem') }

const LOCATION = { Location: { description: 'The job, as a path of this service.', schema: { type: 'string', examples: [`/history/${RUNNING_JOB.ticket}`] } } }
const RETRY_AFTER = { 'Retry-After': { description: 'Seconds after which it is worth asking again.', schema: { type: 'integer', minimum: 0, examples: [5] } } }
const REPLAYED = { 'Idempotency-Replayed': { description: 'There, and `true`, where an earlier call with the same `Idempotency-Key` made the job.', schema: { type: 'string', enum: ['true'] } } }

/** What many operations share, each once. */
export const SHARED = {
  responses: {
    Problem: {
      description: 'Why there is no other answer. 4xx: the caller, or Barman, would not have it; 5xx: not now, or not here.',
      headers: RETRY_AFTER,
      content: { 'application/problem+json': { schema: ref(Problem), examples: PROBLEMS } }
    },
    JobAccepted: {
      description: 'The job is under way. Follow it at `Location`, not before `Retry-After`.',
      headers: { ...LOCATION, ...RETRY_AFTER },
      content: json(ref(Job), RUNNING_JOB)
    },
    JobEnded: {
      description: 'The job has ended while the reply waited for it; or it is that of an earlier call with this `Idempotency-Key`, as it stands.',
      headers: { ...LOCATION, ...REPLAYED },
      content: json(ref(Job), ENDED_JOB)
    }
  },
  parameters: {
    ...Object.fromEntries(API_PARAMETERS.map((parameter) => [parameter.name, queryParameter(parameter, false)])),
    idempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'Makes a retry safe: the same key, command and parameters of the same user give the same job (200 and `Idempotency-Replayed: true`), other parameters a 422. Kept as long as the job.',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' }
    }
  }
}
