// Writes the pages of docs/ that repeat what the code knows: node scripts/docs.mjs after a build · --check only compares.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * The generated pages by their path below the root.
 * @param {string} dist The compiled project.
 * @returns {Promise<Record<string, string>>}
 */
export async function pages (dist) {
  const load = (path) => import(pathToFileURL(join(dist, path)).href)
  const { ConfigSchema, TargetSchema, WebhookSchema } = await load('lib/config/schema.js')
  const { POLICY_TABLE, UNKNOWN_COMMAND } = await load('lib/barman/policy-table.js')
  const { API_PARAMETERS } = await load('lib/barman/api-parameters.js')
  const { PROBLEMS } = await load('schemas/problem.js')
  return {
    'docs/configuration.md': configuration(ConfigSchema, TargetSchema, WebhookSchema),
    'docs/commands.md': commands(POLICY_TABLE, UNKNOWN_COMMAND, API_PARAMETERS, ConfigSchema.properties.barman.properties.async_command.default),
    'docs/problems.md': problems(PROBLEMS)
  }
}

function configuration ({ properties: { policy, ...closed } }, target, webhook) {
  const sections = [...Object.entries(closed), ['target NAME', target], ['webhook NAME', webhook]]
  const keys = sections.flatMap(([section, { properties }]) => Object.entries(properties).map(([key, schema]) => keyRow(section, key, schema)))
  return page('Configuration', 'lib/config/schema.ts', `
Every key of \`barmanapi.conf\` is here, and every one may be left out: then it has its default. An unknown section or key, or a
value that does not fit, keeps the service from starting, and all faults are told in one message. The file is read at the start;
a change counts after a restart. A commented sample is [etc/barmanapi.conf](../etc/barmanapi.conf), examples are in the
[guide](guide.md).

${table(['section', 'what it is about'], [...sections, ['policy', policy]].map(([section, { description }]) => [code(section), description]))}

## Keys

${table(['section', 'key', 'type', 'unit', 'default', 'what it does'], keys)}

\`remote = true\` is for a version to come: this one says so and does not start.

## From the environment

Each key outside \`policy\` and \`target\` can also come from the environment, which is stronger than the file:
\`BARMANAPI_<SECTION>_<KEY>\` holds the value, \`BARMANAPI_<SECTION>_<KEY>_FILE\` names a file that holds it:
\`BARMANAPI_APPLICATION_PORT=8080\`, and \`BARMANAPI_AUTH_TOKEN_SECRET_FILE=/run/secrets/signing\` for a container.
A \`[webhook NAME]\` that the file has takes \`BARMANAPI_WEBHOOK_<NAME>_<KEY>\`, with \`_\` for a \`-\` in its name.

## How values are written

A line is \`key = value\`; \`;\` and \`#\` begin a comment, behind a value too. A value that holds one of them stands in double quotes.
Booleans are \`true\` or \`false\` (also \`yes\`, \`no\`, \`on\`, \`off\`, \`1\`, \`0\`). A list is written as Python prints it
(\`['backup', 'cron']\`), as JSON (\`["backup", "cron"]\`), or with commas (\`backup, cron\`). A blank value means the default.
`)
}

function keyRow (section, key, { unit = '', description, secret, ...schema }) {
  return [code(section), code(key), kindOf(schema), unit, defaultOf(schema), `${description}${secret ? ' (never shown)' : ''}`]
}

function kindOf ({ type, minimum, maximum, const: only, anyOf }) {
  if (anyOf !== undefined) return anyOf.map((choice) => code(choice.const)).join(' or ')
  if (only !== undefined) return 'the default only'
  if (minimum !== undefined) return `${type}, ${minimum} to ${maximum}`
  return { array: 'list', string: 'text' }[type] ?? type
}

function defaultOf ({ default: standard, isRequired = false }) {
  if (standard === '') return isRequired ? '*required*' : '*blank*'
  return code(Array.isArray(standard) ? `[${standard.map((item) => `'${item}'`).join(', ')}]` : standard)
}

function commands (policies, unknown, apiParameters, asyncCommands) {
  const rows = policies.map((policy) => [
    policy.names.map(code).join(', '), policy.summary, code(policy.class), answerOf(policy, asyncCommands), laneOf(policy), namesOf(policy, ({ exec }) => exec), exceptions(policy)
  ])
  return page('Commands', 'lib/barman/policy-table.ts', `
What your Barman offers, with every parameter, is told by \`/barman/help\` and \`/docs\` of the running service: it is read from the
installed Barman itself. Help says nothing about danger, so this table does, for every command from Barman 1.2 to 3.20.

- **Scope** is what a user needs. **Exec** names the parameters that need the scope \`exec\` on top, because whoever sets them acts as
  the account that runs Barman. **But** names parameters that change the scope.
- **Answer**: \`200\` is the result at once, \`202\` a job by ticket. \`200 or 202\` is a job too, whose end the reply awaits for
  \`[application] reply_wait\`. \`[barman] async_command\` adds commands to the \`202\`; this table shows its default.
- **Lane**: of the commands with \`change\` one runs at a time on a server; another is refused with \`server-busy\`. A \`delete\` also waits
  for what \`reads a backup\`.

${table(['command', 'what it does', 'scope', 'answer', 'lane', 'exec', 'but'], rows)}

A command that this table does not know, of a Barman from the future, works and needs the scope \`${unknown.class}\`. An option that it does
not know is free, unless its name or help speaks of a command, path, file or directory: then it needs \`exec\`. The section
\`[policy]\` of the configuration has the last word on each; the [guide](guide.md#your-own-word-on-commands-policy) shows how.

## Parameters of this service

Beside Barman's own, every command takes these, \`api_target\` where there is something to restore. No option of Barman begins with \`api_\`.

${table(['parameter', 'value', 'what it does'], apiParameters.map(({ name, shape, type, choices, minimum, maximum, description }) => [
  code(name), choices ? choices.map(code).join(', ') : shape === 'flag' ? '`true` or `false`' : type === 'integer' ? `${minimum} to ${maximum}` : 'a name', description
]))}
`)
}

function answerOf ({ names, class: scope, format, job, long }, asyncCommands) {
  if (format === 'bytes') return '200, the bytes'
  if (job === 'always' || long || names.some((name) => asyncCommands.includes(name))) return '202'
  return scope === 'read' ? '200' : '200 or 202'
}

const laneOf = ({ lane = '', holds }) => holds ? `reads a ${holds}` : lane

const namesOf = ({ parameters }, isWanted) => Object.entries(parameters).filter(([, parameter]) => isWanted(parameter)).map(([name]) => code(name)).join(', ')

function exceptions ({ parameters }) {
  return Object.entries(parameters).flatMap(([name, { class: scope, adds, hidden }]) => [
    ...scope ? [`${code(name)}: ${code(scope)}`] : [], ...adds ? [`${code(name)}: ${code(adds)} too`] : [], ...hidden ? [`${code(name)} is not offered`] : []
  ]).join(', ')
}

function problems (codes) {
  const rows = Object.entries(codes).sort(([, a], [, b]) => a.status - b.status).map(([name, { status, title }]) => [code(name), String(status), title])
  return page('Problems', 'schemas/problem.ts', `
Whatever fails is answered as \`application/problem+json\`, after [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457). \`code\` is for
programs and is never renamed; \`detail\` is for people and may be. \`requestId\` is the same in the log. Where the input is at fault,
\`errors\` names each fault as \`{ pointer, detail }\`, the pointer being a JSON pointer to the parameter. A command that ran adds what Barman
said: \`exitCode\` and \`reply\`, and of a job the \`ticket\`.

${table(['code', 'status', 'title'], rows)}

A command that changes something and ran is never answered with 502, 503 or 504, because proxies and clients send such requests again:
its \`barman-failed\` and \`postgres-unreachable\` become \`barman-failed\` with **422**. A header \`Retry-After\` says when the same request may succeed.
`)
}

function page (title, source, body) {
  return `<!-- Made from ${source} by scripts/docs.mjs: change it there. -->\n\n# ${title}\n${body}`
}

function table (head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function code (text) {
  return `\`${text}\``
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isCheck = process.argv.includes('--check')
  for (const [path, text] of Object.entries(await pages(join(ROOT, 'dist')))) {
    const file = join(ROOT, path)
    if (!isCheck) writeFileSync(file, text)
    else if (readFileSync(file, 'utf8') !== text) {
      console.error(`${path} is not what the code says: run node scripts/docs.mjs`)
      process.exitCode = 1
    }
  }
}
