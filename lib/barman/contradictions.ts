import type { ApiParameters } from './api-parameters.ts'
import { isTarget, type CompiledCommand } from './compile.ts'
import type { Faults } from './faults.ts'
import type { Parameter } from './parameter.ts'
import type { Values } from './parameters.ts'

/** Notes what is missing, and what cannot be meant together although each value is good by itself. */
export function addContradictions (compiled: CompiledCommand, values: Values, api: ApiParameters, faults: Faults): void {
  addOpposites(compiled, values, faults)
  addGap(compiled, values, faults)
  addAllAmongOthers(values, faults)
  if (api.api_target !== undefined) addTargetTwice(compiled, values, faults)
}

/** The first positional that is absent before one that is present, which the command line cannot express. */
export function positionalGap (compiled: CompiledCommand, values: Values): readonly [absent: Parameter, present: Parameter] | null {
  const positionals = compiled.parameters.filter(({ source }) => source === 'positional')
  const absent = positionals.findIndex(({ name }) => values[name] === undefined)
  const present = absent < 0 ? undefined : positionals.slice(absent).find(({ name }) => values[name] !== undefined)
  const missing = positionals[absent]
  return missing === undefined || present === undefined ? null : [missing, present]
}

/** Of `--get-wal` and `--no-get-wal` Barman silently takes the last. */
function addOpposites ({ parameters }: CompiledCommand, values: Values, faults: Faults): void {
  for (const { name } of parameters) {
    if (values[name] === true && values[`no_${name}`] === true) faults.add([`no_${name}`], `contradicts ${name}`)
  }
}

function addGap (compiled: CompiledCommand, values: Values, faults: Faults): void {
  const gap = positionalGap(compiled, values)
  if (gap === null || gap[0].isRequired) return // what is required was noted as missing
  faults.add([gap[0].name], `is required beside ${gap[1].name}`)
}

/** Beside another name Barman complains of `all` and yet runs for all servers. */
function addAllAmongOthers ({ server_name: servers }: Values, faults: Faults): void {
  if (Array.isArray(servers) && servers.includes('all') && servers.some(name => name !== 'all')) {
    faults.add(['server_name'], 'may hold all only by itself')
  }
}

function addTargetTwice ({ parameters }: CompiledCommand, values: Values, faults: Faults): void {
  for (const parameter of parameters.filter(isTarget)) {
    if (values[parameter.name] !== undefined) faults.add([parameter.name], 'comes from the target: give one of the two')
  }
}
