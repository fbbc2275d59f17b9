import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Kind } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { compileCatalogue } from '../lib/barman/compile.ts'
import { readParameters } from '../lib/barman/parameters.ts'
import { parseOverrides, unusedOverrides } from '../lib/barman/policy-overrides.ts'
import { loadConfig } from '../lib/config/load.ts'
import { type Config, ConfigSchema } from '../lib/config/schema.ts'
import { ClientFileError, readAccounts } from '../lib/users/client-file.ts'
import { sign } from '../lib/webhooks/signature.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { realCatalogue } from './lib/barman/policy-fixtures.ts'
import { buildApp } from './support/app.ts'

const root = projectRoot()
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md')).map((name) => join('docs', name))]

t.test('the generated pages say what the code says', async (t) => {
  const { pages } = await import(pathToFileURL(join(root, 'scripts', 'docs.mjs')).href) as { pages (dist: string): Promise<Record<string, string>> }
  const made = await pages(dirname(dirname(fileURLToPath(import.meta.url))))
  t.same(Object.keys(made), ['docs/configuration.md', 'docs/commands.md', 'docs/problems.md'])
  for (const [path, text] of Object.entries(made)) t.equal(read(path), text, `${path}: run node scripts/docs.mjs`)
})

t.test('the table of the README has every route, each verb first that the document shows, and no other', async (t) => {
  const { app } = await buildApp(t)
  const { paths } = app.openapi() as { paths: Record<string, Record<string, { deprecated?: true }>> }
  const documented = [...readme.matchAll(/^\| ([A-Z, ]+) \| `(\/[^`]*)` \|/gm)].map(([, verbs = '', url = '']) => ({ verbs: verbs.split(', '), url }))
  t.same(documented.flatMap(({ verbs, url }) => verbs.map((verb) => `${verb} ${url}`)).sort(), routesOf(app.printRoutes({ commonPrefix: false })).sort())
  for (const { verbs, url } of documented) {
    const first = paths[url.replaceAll(/:(\w+)/g, '{$1}')]?.[verbs[0]?.toLowerCase() ?? '']
    if (first) t.notOk(first.deprecated, `${verbs[0]} ${url} is no twin`)
  }
})

t.test('every link and every anchor leads somewhere', async (t) => {
  for (const page of pages) {
    for (const [, target = ''] of prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      t.ok(existsSync(join(root, file)), `${page}: ${target}`)
      if (anchor !== undefined) t.ok(anchorsOf(read(file)).includes(anchor), `${page}: ${target}`)
    }
  }
})

t.test('the shell examples are shell, and call commands with parameters that exist', async (t) => {
  const { app } = await buildApp(t)
  const { commands } = compileCatalogue(realCatalogue('3.4.0'))
  for (const page of pages) {
    for (const example of fences(read(page), 'sh')) {
      t.doesNotThrow(() => execFileSync('/bin/sh', ['-n'], { input: example }), page)
      for (const [line, path = '', query = ''] of example.matchAll(/^.*curl .*\$URL(\/[\w/$-]*)(?:\?([^"]*))?.*$/gm)) {
        const body = /-d '([^']*)'/.exec(line)?.[1]
        const method = body !== undefined || /--data|-X POST/.test(line) ? 'POST' : 'GET'
        t.ok(app.hasRoute({ method, url: path.replace('$TICKET', ':ticket').replace(/^(\/barman\/)(?!help|reload).*/, '$1:command') }), `${method} ${path}`)
        const compiled = commands.get(path.replace('/barman/', '').replaceAll('-', ''))
        if (compiled) t.doesNotThrow(() => readParameters(compiled, body === undefined ? { from: 'query', entries: entriesOf(query) } : { from: 'body', object: JSON.parse(body) }), line)
      }
    }
  }
  t.ok((fences(readme, 'sh').join('').match(/curl /g)?.length ?? 0) > 10)
})

t.test('the examples of configuration are accepted', async (t) => {
  for (const example of [...fences(read('docs/guide.md'), 'ini'), ...fences(read('docs/webhooks.md'), 'ini')]) {
    const { policy } = load(t, withSecrets(example))
    const { overrides, faults } = parseOverrides(policy)
    t.same(faults, [])
    t.same(unusedOverrides(realCatalogue('3.20.1'), overrides), [])
  }
})

t.test('the receiver in the page on webhooks takes what is signed, and nothing else', async (t) => {
  const file = join(t.testdir({ 'receiver.mjs': fences(read('docs/webhooks.md'), 'js')[0] ?? '' }), 'receiver.mjs')
  const { isFromBarmanapi } = await import(pathToFileURL(file).href) as { isFromBarmanapi (secret: string, headers: Record<string, string>, body: string): boolean }
  const [old, secret] = [randomBytes(32), randomBytes(32)]
  const now = Math.floor(Date.now() / 1000)
  const headers = sign([old, secret], 'evt_1', now, '{}')
  t.ok(isFromBarmanapi(secret.toString('base64'), headers, '{}'))
  t.ok(isFromBarmanapi(`whsec_${old.toString('base64')}`, headers, '{}'))
  t.notOk(isFromBarmanapi(randomBytes(32).toString('base64'), headers, '{}'))
  t.notOk(isFromBarmanapi(secret.toString('base64'), headers, '{ }'))
  t.notOk(isFromBarmanapi(secret.toString('base64'), { ...headers, 'webhook-id': 'evt_2' }, '{}'))
  t.notOk(isFromBarmanapi(secret.toString('base64'), { ...headers, 'webhook-signature': 'v1,' }, '{}'))
  t.notOk(isFromBarmanapi(secret.toString('base64'), sign([secret], 'evt_1', now - 301, '{}'), '{}'), 'an old one played again')
})

t.test('the sample of barmanapi.conf has every key with its default', async (t) => {
  const sample = read('etc/barmanapi.conf')
  const defaults = load(t, '')
  t.same(load(t, sample), defaults)
  const keys = sample.replaceAll(/^#(?=\[|[a-z_]+ =)/gm, '').replaceAll(/^\[(?:target|webhook|policy)[^]*?(?=\n\n|(?![^]))/gm, '')
  t.same(load(t, keys), { ...defaults, log: { backup_count: 5, max_bytes: 20_000 } })
  for (const [section, schema] of Object.entries(ConfigSchema.properties)) {
    if (schema[Kind] !== 'Object') continue
    const lines = new RegExp(`^#?\\[${section}\\]$([^]*?)(?=^#?\\[|(?![^]))`, 'm').exec(sample)?.[1] ?? ''
    t.same([...lines.matchAll(/^#([a-z_]+) =/gm)].map(([, key]) => key), Object.keys(schema.properties), section)
  }
  const written = sample.slice(sample.indexOf('#[target')).replaceAll(/^#(?=\[|[\w.-]+ =)/gm, '')
  t.throws(() => load(t, written), { message: /^[^\n]*: \[webhook on-call\] secret must be / }, 'a secret that is printed here is none')
  const examples = load(t, withSecrets(written))
  t.match(examples.webhooks.get('on-call'), { events: { length: 4 }, servers: ['main', 'pg-*'], overdue_hours: 26 })
  t.equal(examples.targets.get('standby')?.ssh_command, 'ssh postgres@standby')
  const { overrides, faults } = parseOverrides(examples.policy)
  t.same([faults, overrides.size, unusedOverrides(realCatalogue('3.20.1'), overrides)], [[], 3, []])
})

t.test('the sample of client.conf has no user, and its examples lack nothing but passwords', async (t) => {
  const sample = read('etc/client.conf')
  t.equal(readAccounts(sample).size, 0)
  const faults = faultsOf(sample.replaceAll(/^#(?=\[|[a-z]+ =)/gm, ''))
  t.equal(faults.length, 3)
  for (const fault of faults) t.match(fault, /^\[\w+\] password must be a hash/)
})

t.test('a problem code in the prose is one that there is', async (t) => {
  for (const page of ['README.md', 'docs/guide.md']) {
    for (const [, code = ''] of read(page).matchAll(/\b(?:4\d\d|5\d\d) `([a-z]+-[a-z-]+)`/g)) t.ok(Object.hasOwn(PROBLEMS, code), `${page}: ${code}`)
  }
})

/** `GET /docs` from Fastify's printed tree; what lies below `/docs/` belongs to Swagger UI. */
function routesOf (tree: string): string[] {
  const stack: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', verbs = ''] = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? []
    const depth = indent.length / 4
    if (part === '') return []
    stack.splice(depth, Infinity, `${stack[depth - 1] ?? ''}${part}`)
    const url = stack[depth] ?? ''
    return verbs === '' || url.startsWith('/docs/') ? [] : verbs.split(', ').map((verb) => `${verb} ${url}`)
  })
}

/** Without code, in which brackets are no links. */
function prose (markdown: string): string {
  return markdown.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/^ {4}.*$/gm, '').replaceAll(/`[^`\n]*`/g, '')
}

function fences (markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text)
}

/** As GitHub makes them of headings. */
function anchorsOf (markdown: string): string[] {
  return [...markdown.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'))
}

/** The pairs of a query, without the token that the login takes away, and with values for shell variables. */
function entriesOf (query: string): Array<readonly [string, string]> {
  return [...new URLSearchParams(query.replace('$WAL', '000000010000000000000001'))].filter(([name]) => name !== 'token')
}

/** What stands for a reader's own secrets, replaced. */
function withSecrets (example: string): string {
  return example.replaceAll('YOUR-OWN-SECRET', randomBytes(32).toString('base64'))
}

/** A configuration as it is read from a file, which is not named, so that two can be compared. */
function load (t: Pick<Test, 'testdir'>, text: string): Config {
  const file = join(t.testdir({ 'barmanapi.conf': text }), 'barmanapi.conf')
  return { ...loadConfig({ file }), file: null }
}

function faultsOf (text: string): readonly string[] {
  try {
    readAccounts(text)
    return []
  } catch (error) {
    if (error instanceof ClientFileError) return error.faults
    throw error
  }
}

function projectRoot (): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'scripts', 'docs.mjs'))) folder = dirname(folder)
  return folder
}
