import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import { type AppOptions, buildApp, type TestApp } from '../support/app.ts'

interface Outcome { readonly exitCode: number | null, readonly stdout: string, readonly stderr: string }

/** What these tests use of a lab; scripts/lab/lab.mjs says more. */
export interface Lab {
  readonly folder: string
  readonly config: string
  readonly home: string
  readonly servers: string
  readonly command: string
  readonly password: string
  readonly env: Readonly<Record<string, string>>
  readonly account: { readonly uid: number, readonly gid: number }
  barman (args: readonly string[]): Promise<Outcome>
  mustBarman (args: readonly string[]): Promise<Outcome>
  psql (sql: string): Promise<string>
  addServer (name: string, options?: { kind?: string, ready?: boolean, set?: Readonly<Record<string, string | number>> }): Promise<{ readonly name: string }>
  processes (): ReadonlyArray<{ readonly pid: number, readonly program: string, readonly words: readonly string[] }>
  stop (): Promise<void>
}

const { openLab } = await import(pathToFileURL(join(projectRoot(), 'scripts', 'lab', 'open.mjs')).href) as {
  openLab (options?: { own?: boolean, barman?: string }): Promise<{ lab: Lab, skip?: undefined } | { lab?: undefined, skip: string }>
}

export { openLab }

/** The service in this process, in front of the real Barman of a lab. */
export function serveLab (t: Pick<Test, 'teardown' | 'testdir'>, lab: Lab, options: AppOptions = {}): Promise<TestApp> {
  return buildApp(t, { ...options, barman: { command: lab.command, configFile: lab.config }, env: lab.env })
}

function projectRoot (): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'scripts', 'lab', 'open.mjs'))) folder = dirname(folder)
  return folder
}
