import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Tools } from './tools.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** What the tests use of playwright-core, which is installed apart and brings its types there. */
export interface Locator {
  click (): Promise<void>
  fill (text: string): Promise<void>
  waitFor (): Promise<void>
  textContent (): Promise<string | null>
  isVisible (): Promise<boolean>
  count (): Promise<number>
  screenshot (options: { path: string }): Promise<unknown>
  locator (selector: string): Locator
  first (): Locator
}

export interface Page {
  goto (url: string): Promise<unknown>
  locator (selector: string): Locator
  screenshot (options: { path: string, fullPage?: boolean }): Promise<unknown>
  on (event: 'console', listener: (message: { type (): string, text (): string }) => void): void
  on (event: 'pageerror', listener: (error: Error) => void): void
  on (event: 'request', listener: (request: { url (): string }) => void): void
}

interface Playwright {
  chromium: { launchPersistentContext (folder: string, options: object): Promise<{ pages (): Page[], close (): Promise<void> }> }
}

/** Why there is no browser here, or false. */
export const noBrowser = CHROMIUM === undefined ? 'there is no chromium here' : false as const

/** A page of a real Chromium without a past, gone at the end of the test. Each name in `hosts` is this machine. */
export async function openPage (t: Test, tools: Tools, hosts: readonly string[]): Promise<Page> {
  const { chromium } = tools.load('playwright-core') as Playwright // of the version that the lockfile of the tools names
  const folder = mkdtempSync(join(tmpdir(), 'barmanapi-chromium-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    headless: true,
    viewport: { width: 1280, height: 1000 },
    args: [...QUIET, `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ')}`]
  })
  t.teardown(() => context.close())
  const [page] = context.pages()
  if (!page) throw new Error('Chromium opened no page')
  return page
}
