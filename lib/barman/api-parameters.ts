import { normalize } from './names.ts'
import { parameter, type Parameter, type Shape } from './parameter.ts'
import type { ParameterPolicy } from './policy-types.ts'

/** What a caller tells the service itself, beside what is meant for Barman. */
export interface ApiParameters {
  readonly api_async?: boolean
  /** Seconds. */
  readonly api_wait?: number
  /** Seconds. */
  readonly api_timeout?: number
  readonly api_strict?: boolean
  readonly api_if_busy?: 'refuse' | 'queue'
  readonly api_target?: string
}

const MAX_WAIT_S = 55 // below the minute after which most proxies give up
const MAX_TIMEOUT_S = 604_800 // a week

/** Our own parameters. No Barman option begins with their prefix. */
export const API_PARAMETERS: readonly Parameter[] = Object.freeze([
  own('api_async', 'flag', 'Answer at once with a job instead of waiting for the result.'),
  own('api_wait', 'value', 'Seconds to wait for a job to end before answering.',
    { type: 'integer', minimum: 0, maximum: MAX_WAIT_S }),
  own('api_timeout', 'value', 'Seconds after which the command is ended.',
    { type: 'integer', minimum: 1, maximum: MAX_TIMEOUT_S }),
  own('api_strict', 'flag', 'Answer 503 where a check finds a fault.'),
  own('api_if_busy', 'value', 'What to do while another change to the server is running.',
    { choices: ['refuse', 'queue'] }),
  own('api_target', 'value', 'A named target of the local configuration to restore to.', { type: 'server' })
])

function own (name: keyof ApiParameters, shape: Shape, description: string, policy: ParameterPolicy = {}): Parameter {
  return parameter({
    name,
    keys: [normalize(name)],
    source: 'api',
    shape,
    type: policy.type ?? 'text',
    choices: policy.choices ?? null,
    isRequired: false,
    word: null,
    description,
    policy
  })
}
