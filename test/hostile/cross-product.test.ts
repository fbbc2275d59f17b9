import t from 'tap'
import { argv } from '../../lib/barman/argv.ts'
import { compileCatalogue, type CompiledCommand } from '../../lib/barman/compile.ts'
import type { Parameter } from '../../lib/barman/parameter.ts'
import { type Input, readParameters } from '../../lib/barman/parameters.ts'
import { AppError } from '../../lib/errors.ts'
import { realCatalogue } from '../lib/barman/policy-fixtures.ts'
import { companions, mayPass, mayPassAsJson, wordsFor } from './expectations.ts'
import { JSON_VALUES, TEXTS } from './values.ts'

t.ok(TEXTS.length >= 150 && new Set(TEXTS).size >= 150, `${TEXTS.length} texts, ${JSON_VALUES.length} JSON values`)

for (const version of ['3.4.0', '3.20.1'] as const) {
  t.test(`every hostile value in every parameter of every command of ${version}, by GET and by POST`, async (t) => {
    const { list } = compileCatalogue(realCatalogue(version))
    const wrong: string[] = []
    let tried = 0
    let passed = 0
    for (const compiled of list) {
      for (const parameter of [...compiled.parameters, ...compiled.apiParameters]) {
        for (const [input, value] of inputsOf(compiled, parameter)) {
          tried++
          const outcome = attempt(compiled, input)
          if (outcome instanceof Array) passed++
          const fault = outcome instanceof Array ? judgePass(compiled, parameter, value, outcome) : judgeRefusal(compiled, parameter, value, outcome)
          if (fault !== null) wrong.push(`${compiled.command.name} ${parameter.name} ${input.from} ${JSON.stringify(value)?.slice(0, 80)}: ${fault}`)
        }
      }
    }
    t.same(wrong.slice(0, 30), [], `${wrong.length} of ${tried}`)
    t.ok(tried > 50_000 && passed > 1_000 && passed < tried / 2, `${tried} tried, ${passed} passed as one word each`)
  })
}

/** The value as a query and as a body hold it, beside whatever else the command needs. */
function * inputsOf (compiled: CompiledCommand, parameter: Parameter): Generator<readonly [Input, unknown]> {
  const others = companions(compiled, parameter)
  const body = Object.fromEntries(others.map(([{ name, type }, value]) => [name, type === 'integer' ? Number(value) : value]))
  for (const text of TEXTS) {
    yield [{ from: 'query', entries: [...others.map(([{ name }, value]) => [name, String(value)] as const), [parameter.name, text]] }, text]
    yield [{ from: 'body', object: { ...body, [parameter.name]: text } }, text]
  }
  for (const value of JSON_VALUES) yield [{ from: 'body', object: { ...body, [parameter.name]: value } }, value]
}

/** The words for barman, or what was thrown. */
function attempt (compiled: CompiledCommand, input: Input): string[] | Error {
  try {
    return argv(compiled, readParameters(compiled, input).values, { globals: [], format: 'console' })
  } catch (error) {
    return error as Error // all that is ever thrown
  }
}

function judgePass (compiled: CompiledCommand, parameter: Parameter, value: unknown, words: readonly string[]): string | null {
  if (typeof value !== 'string') return mayPassAsJson(parameter, value) ? null : `passed as ${JSON.stringify(words)}`
  if (mayPass(parameter, value) === false) return 'passed'
  const expected = parameter.source === 'api' ? wordsFor(compiled, parameter, '') : wordsFor(compiled, parameter, value)
  return JSON.stringify(words) === JSON.stringify(expected) ? null : `became ${JSON.stringify(words)}`
}

function judgeRefusal (compiled: CompiledCommand, parameter: Parameter, value: unknown, error: Error): string | null {
  if (!(error instanceof AppError)) return `threw ${error.stack}`
  if (error.code !== 'bad-request') return `is ${error.code}`
  if (typeof value === 'string' && mayPass(parameter, value) === true && !(parameter.shape === 'flag' || parameter.shape === 'optional')) return 'is refused, though it is good'
  const { errors = [] } = error.extras
  if (!errors.some(({ pointer }) => pointer === `/${parameter.name}` || pointer.startsWith(`/${parameter.name}/`))) return `does not name the parameter: ${JSON.stringify(errors)}`
  const texts = [error.message, ...errors.map(({ detail }) => detail)].join('\n')
  if (typeof value === 'string' && value.length > 100 && texts.includes(value.slice(0, 101))) return 'repeats more than 100 characters'
  return /[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/u.test(texts.replaceAll('\n', '')) ? `repeats what cannot be seen: ${JSON.stringify(texts)}` : null
}
