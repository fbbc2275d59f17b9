import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { Job } from '../../schemas/job.ts'
import { noBrowser, openPage, type Page } from '../openapi/browser.ts'
import { openTools } from '../openapi/tools.ts'
import { openLab, serveLab } from '../real/lab.ts'

const HOST = 'barman.example' // no loopback name: browsers are kinder to those
const PICTURES = join(dirname(fileURLToPath(import.meta.url)), 'swagger-ui')

t.setTimeout(900_000) // the first use installs the tools
const { tools, missing } = await openTools()

t.test('a person logs in, takes a backup, and reads in the history that it succeeded', { skip: noBrowser || (missing ?? false) }, async (t) => {
  const { lab, skip } = await openLab()
  if (!lab || !tools) {
    t.pass('a real Barman takes it', { skip: skip ?? true })
    return
  }
  t.teardown(() => lab.stop())
  mkdirSync(PICTURES, { recursive: true })
  const { app, user } = await serveLab(t, lab)
  const ci = await user('ci', ['read', 'operate'])
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://${HOST}:${(app.server.address() as AddressInfo).port}` // of a TCP server that listens

  const page = await openPage(t, tools, [HOST])
  const complaints = listen(page, url)
  await page.goto(`${url}/docs`)
  await page.locator('#operations-operate-backup').waitFor()
  await page.screenshot({ path: join(PICTURES, 'begin.png') })
  t.equal(await page.locator('.opblock-deprecated').count(), 0)

  await authorize(page, 'basic', { 'input[name="username"]': 'ci', 'input[name="password"]': 'password of ci' })
  const { token } = await execute<{ token: string }>(t, page, 'auth-getToken', 200)
  await authorize(page, 'bearer', { input: token })

  await open(page, 'operate-backup')
  await page.locator('#operations-operate-backup').screenshot({ path: join(PICTURES, 'form.png') })
  const { ticket, state } = await execute<Job>(t, page, 'operate-backup', 202)
  t.match({ ticket, state }, { ticket: /^[0-9a-f-]{36}$/, state: /^(queued|running)$/ })
  await page.locator('#operations-operate-backup .live-responses-table').screenshot({ path: join(PICTURES, 'ticket.png') })

  t.match(await ci.ended(ticket), { state: 'succeeded' })
  const { jobs } = await execute<{ jobs: Job[] }>(t, page, 'history-listJobs', 200)
  t.match(jobs, [{ ticket, state: 'succeeded', command: 'backup', servers: ['main'], user: 'ci' }])
  await page.locator('#operations-history-listJobs').screenshot({ path: join(PICTURES, 'history.png') })
  t.same(complaints, [], 'nothing is asked of another host, and nothing is refused by the policy')
})

/** What the browser complains of, and what it asks of others. */
function listen (page: Page, url: string): string[] {
  const complaints: string[] = []
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()) })
  page.on('pageerror', ({ message }) => { complaints.push(message) })
  page.on('request', (request) => { if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) complaints.push(request.url()) })
  return complaints
}

/** Fills in one of the ways to log in. */
async function authorize (page: Page, way: 'basic' | 'bearer', fields: Readonly<Record<string, string>>): Promise<void> {
  await page.locator('.auth-wrapper .btn.authorize').first().click()
  const form = page.locator(`.modal-ux .auth-container:has(h4 code:text-is("${way}"))`)
  for (const [selector, text] of Object.entries(fields)) await form.locator(selector).fill(text)
  await page.screenshot({ path: join(PICTURES, `${way}.png`) })
  await form.locator('button[type="submit"]').click()
  await page.locator('.modal-ux .close-modal').click()
}

async function open (page: Page, operation: string): Promise<void> {
  await page.locator(`#operations-${operation} .opblock-summary-control`).click()
  await page.locator(`#operations-${operation} .execute`).waitFor()
}

/** Opens an operation where that is still to be done, executes it as it is filled in, and gives the body that the page shows. */
async function execute<T> (t: Test, page: Page, operation: string, status: number): Promise<T> {
  const block = page.locator(`#operations-${operation}`)
  if (!await block.locator('.execute').isVisible()) await open(page, operation)
  await block.locator('.execute').click()
  const row = block.locator('.live-responses-table .response')
  await row.waitFor()
  t.match(await row.locator('.response-col_status').textContent(), new RegExp(`^${status}`), operation)
  return JSON.parse(await row.locator('.highlight-code code').first().textContent() ?? '') as T // what the page shows, checked by whoever asked
}
