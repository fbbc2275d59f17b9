import type { CompiledCommand } from './compile.ts'
import type { Values } from './parameters.ts'

/** Where a restore goes by the local configuration. */
export interface Target { readonly directory: string, readonly sshCommand?: string }

/** The values of a call with what its named target gives. */
export function applyTarget (compiled: CompiledCommand, values: Values, target: Target): Values {
  const given = compiled.parameters.flatMap(({ name, policy }) => {
    const value = policy.target === undefined ? undefined : target[policy.target]
    return value === undefined ? [] : [[name, value]]
  })
  return Object.freeze({ ...values, ...Object.fromEntries(given) })
}
