import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Tools } from './tools.ts'

const ROOT = projectRoot()
const TYPES = dirname(dirname(fileURLToPath(import.meta.resolve('@types/node/package.json'))))

/** What has to be refused by the types: the compiler fails where one of these lines is right. */
const WRONG = `import type { Barman } from './generated/index.ts'

export async function wrong (barman: Barman): Promise<string> {
  // @ts-expect-error: a command has no parameters but its own
  await barman.backup({ server_name: ['main'], nonsense: true })
  // @ts-expect-error: nor can it do without one
  await barman.backup({})
  // @ts-expect-error: a job has no such state
  return (await barman.getJob({ ticket: '' })).state === 'finished' ? 'yes' : 'no'
}
`

/** Makes the clients of the examples for a document, as their README says, and compiles all of it under `strict`. */
export async function makeClients (t: Test, tools: Tools, folder: string, { document, older }: { readonly document: object, readonly older: object }): Promise<void> {
  mkdirSync(folder, { recursive: true })
  cpSync(join(ROOT, 'examples', 'client'), folder, { recursive: true, filter: (source) => !/client\/(generated|node_modules|dist)/.test(source) })
  symlinkSync(join(tools.folder, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'document.json'), JSON.stringify(document))
  writeFileSync(join(folder, 'older.json'), JSON.stringify(older))
  writeFileSync(join(folder, 'wrong.ts'), WRONG)
  for (const [tool, ...args] of [
    ['openapi-ts', '--input', 'document.json'],
    ['openapi-typescript', 'document.json', '--output', 'generated/paths.ts'],
    ['openapi-typescript', 'older.json', '--output', 'generated/older.ts'],
    ['tsc', '-p', '.', '--typeRoots', TYPES]
  ] as const) {
    const { exitCode, output } = await tools.run(tool, args, folder)
    t.equal(exitCode, 0, [tool, ...args.slice(0, 2)].join(' '), { output: output.slice(0, 4000) })
  }
  for (const name of ['backup.js', 'connect.js', 'lean.js']) t.ok(existsSync(join(folder, 'dist', name)), name)
}

function projectRoot (folder = dirname(fileURLToPath(import.meta.url))): string {
  return existsSync(join(folder, 'examples', 'client')) ? folder : projectRoot(dirname(folder))
}
