import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Ask, asker, barmanapi, makeSite, serve, type Server, type Site, tokenOf } from '../lib/cli/support.ts'
import { readText, until } from '../lib/runner/support.ts'

/** What each job does: it notes its ticket, which is the name of its folder, takes a moment, and ends well or not. */
export const ACT = 'basename "$PWD" >>"$here/ran"; sleep 0.0$(($$ % 10)); exit $(($$ % 3 == 0))'
const SETTLE_MS = 120_000

type State = { state: string, exitCode: number | null, code?: string }

/** A service that is to be harmed, and a ledger of all tickets that it gave: what its promise is held against. */
export class Ledger {
  readonly site: Site
  readonly tickets = new Set<string>()
  readonly counts: Record<string, number> = { issued: 0, refused: 0, broken: 0 }
  readonly #t: Test
  readonly #password: string
  readonly #final = new Map<string, string>()
  #token = ''

  private constructor (t: Test, site: Site, password: string) {
    this.#t = t
    this.site = site
    this.#password = password
  }

  static async open (t: Test, site: Site | undefined = undefined, act = ACT): Promise<Ledger> {
    const own = site ?? await makeSite(t, '[jobs]\nqueue = 10000\n')
    const { stdout } = await barmanapi(['init', '--user', 'boss', '--config', own.file])
    own.barman.act('switch-wal', act)
    return new Ledger(t, own, /^Password: (.+)$/m.exec(stdout)?.[1] ?? '')
  }

  /** Starts the service; `boss` asks it. */
  async serve (env: Record<string, string> = {}): Promise<{ server: Server, boss: Ask }> {
    const server = await serve(this.#t, this.site.file, env)
    this.#token ||= await tokenOf(server.address, 'boss', this.#password)
    return { server, boss: asker(server.address, this.#token) }
  }

  /** Asks for a job; its ticket where one was given. A connection that dies with the service handed out none. */
  async submit (boss: Ask, body: object = {}): Promise<string | undefined> {
    const reply = await boss('/barman/switch-wal', { server_name: ['main'], api_async: true, api_if_busy: 'queue', ...body }).catch(() => undefined)
    const ticket = reply?.status === 202 ? String(reply.body['ticket']) : undefined
    if (ticket !== undefined) this.tickets.add(ticket)
    this.#count(ticket !== undefined ? 'issued' : reply ? 'refused' : 'broken')
    return ticket
  }

  /** Submits and looks, as fast as the service answers, until `isOver` says so. */
  load (boss: Ask, isOver: () => boolean): Promise<unknown> {
    const client = async (): Promise<void> => { while (!isOver()) await this.submit(boss) }
    const watcher = async (): Promise<void> => {
      while (!isOver()) {
        const { body } = await boss('/history/list?limit=50').catch(() => ({ body: {} as Record<string, unknown> }))
        for (const { ticket, state } of (body['jobs'] ?? []) as Array<{ ticket: string, state: string }>) this.note(ticket, state)
      }
    }
    return Promise.all([client(), client(), client(), watcher()])
  }

  /** An end is an end: no state follows one. */
  note (ticket: string, state: string): void {
    const end = this.#final.get(ticket)
    if (end !== undefined && end !== state) this.#t.fail(`${ticket} was ${end} and is ${state}`)
    if (!/queued|running/.test(state)) this.#final.set(ticket, state)
  }

  /** Asserts the promise: every ticket is answered and ends, none ran twice, none succeeded that did not exit 0; prints the counts. */
  async settle (boss: Ask): Promise<void> {
    const job = async (ticket: string) => (await boss(`/history/${ticket}`)).body as State
    const states: Record<string, number> = {}
    let lost = 0
    let falseSuccess = 0
    for (const ticket of this.tickets) {
      await until(async () => !/^(queued|running)$/.test((await job(ticket)).state), SETTLE_MS)
      const { state, exitCode, code } = await job(ticket)
      this.note(ticket, state)
      states[state] = (states[state] ?? 0) + 1
      if (code !== undefined) lost++
      if (state === 'succeeded' && (exitCode !== 0 || readText(join(this.folder(ticket), 'exit')).split(' ')[0] !== '0')) falseSuccess++
    }
    const ran = this.ran()
    const ranTwice = ran.length - new Set(ran).size
    this.#t.strictSame({ lost, falseSuccess, ranTwice }, { lost: 0, falseSuccess: 0, ranTwice: 0 })
    this.#t.comment({ ...this.counts, tickets: this.tickets.size, answered: this.tickets.size - lost, ran: ran.length, ranTwice, falseSuccess, ...states })
  }

  /** The tickets of the jobs that ran, as they noted it. */
  ran (): string[] {
    return readText(join(this.site.folder, 'barman', 'ran')).split('\n').filter(Boolean)
  }

  folder (ticket: string): string {
    const active = join(this.site.store, 'active')
    return readdirSync(active).map((month) => join(active, month, ticket)).find((folder) => existsSync(folder)) ?? ''
  }

  #count (name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1
  }
}

/** Kills the service at random moments under load, as often as fits; then its promise holds. */
export async function killAtRandom (t: Test, kills: number, budgetMs: number): Promise<void> {
  const ledger = await Ledger.open(t)
  const start = performance.now()
  let done = 0
  for (; done < kills && performance.now() - start < budgetMs; done++) {
    const { server, boss } = await ledger.serve()
    let isOver = false
    const load = ledger.load(boss, () => isOver)
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 600)) // the moment of the kill is the experiment
    server.kill('SIGKILL')
    await server.ended
    isOver = true
    await load
  }
  ledger.counts['kills'] = done
  const { server, boss } = await ledger.serve()
  await ledger.settle(boss)
  t.ok(ledger.tickets.size >= done, 'there was something to lose')
  server.kill('SIGTERM')
  await server.ended
}
