import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('./tools/', import.meta.url))
const FOLDER = join(projectRoot(), '.lab', 'openapi-tools')
const INSTALL_TIMEOUT_MS = 600_000
const QUIET = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', DO_NOT_TRACK: '1', NO_COLOR: '1' }

/** What one run of a tool said. */
export interface Ran { readonly exitCode: number, readonly output: string }

/** Linters, generators and a driver of browsers, apart from the project's own packages because they are large. */
export interface Tools {
  /** Where they are installed. */
  readonly folder: string
  /** Runs one of them, by the name of its executable. */
  run (name: string, args: readonly string[], cwd: string): Promise<Ran>
  /** Loads one of them. */
  load (name: string): unknown
}

/** Installs the tools on first use and whenever their lockfile changed; or says why there are none. */
export async function openTools (): Promise<{ tools: Tools, missing?: undefined } | { tools?: undefined, missing: string }> {
  try {
    if (!isCurrent()) await install()
    return { tools: { folder: FOLDER, run: (name, args, cwd) => run(join(FOLDER, 'node_modules', '.bin', name), args, cwd), load: createRequire(join(FOLDER, 'package.json')) } }
  } catch (error) {
    return { missing: `the tools for OpenAPI cannot be had here: ${error instanceof Error ? error.message.trim() : String(error)}` }
  }
}

/** Into a folder beside the final one, which appears whole. */
async function install (): Promise<void> {
  mkdirSync(dirname(FOLDER), { recursive: true })
  const scratch = mkdtempSync(`${FOLDER}-`)
  try {
    for (const name of ['package.json', 'package-lock.json']) cpSync(join(SOURCE, name), join(scratch, name))
    const { exitCode, output } = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1'], scratch)
    if (exitCode !== 0) throw new Error(output.split('\n').find((line) => /^npm error \S/.test(line)) ?? output)
    rmSync(FOLDER, { recursive: true, force: true })
    renameSync(scratch, FOLDER)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function isCurrent (): boolean {
  const lock = (folder: string): string => readFileSync(join(folder, 'package-lock.json'), 'utf8')
  return existsSync(join(FOLDER, 'node_modules')) && lock(FOLDER) === lock(SOURCE)
}

function run (command: string, args: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...QUIET }, timeout: INSTALL_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 }
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? -1, output: `${stdout}${stderr}${error && child.exitCode === null ? error.message : ''}` })
    })
  })
}

function projectRoot (folder = dirname(fileURLToPath(import.meta.url))): string {
  return existsSync(join(folder, 'package.json')) || dirname(folder) === folder ? folder : projectRoot(dirname(folder))
}
