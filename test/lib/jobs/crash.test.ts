import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { asker, barmanapi, makeSite, serve, tokenOf } from '../cli/support.ts'
import { readText, until } from '../runner/support.ts'

const KILLS = 20
const BUDGET_MS = 30_000 // on a busy machine fewer kills fit, and the test says how many

t.setTimeout(170_000)

/** What each job does: it notes its ticket, which is the name of its folder, takes a moment, and ends well or not. */
const ACT = 'basename "$PWD" >>"$here/ran"; sleep 0.0$(($$ % 10)); exit $(($$ % 3 == 0))'

t.test('a service that is killed at any moment loses no ticket, runs none twice, and tells no false success', async (t) => {
  const { file, barman, folder, store } = await makeSite(t, '[jobs]\nqueue = 10000\n')
  const { stdout } = await barmanapi(['init', '--user', 'boss', '--config', file])
  const password = /^Password: (.+)$/m.exec(stdout)?.[1] ?? ''
  barman.act('switch-wal', ACT)
  const tickets = new Set<string>()
  const final = new Map<string, string>()
  const counts = { kills: 0, refused: 0, broken: 0 }
  const start = performance.now()
  let token = ''
  for (; counts.kills < KILLS && performance.now() - start < BUDGET_MS; counts.kills++) {
    const server = await serve(t, file)
    token ||= await tokenOf(server.address, 'boss', password)
    const boss = asker(server.address, token)
    const isOver = { now: false }
    const client = async (): Promise<void> => {
      while (!isOver.now) {
        try {
          const { status, body } = await boss('/barman/switch-wal', { server_name: ['main'], api_async: true, api_if_busy: 'queue' })
          if (status === 202) tickets.add(String(body['ticket']))
          else counts.refused++
        } catch {
          counts.broken++ // the connection died with the service: no ticket was handed out
        }
      }
    }
    const watcher = async (): Promise<void> => {
      while (!isOver.now) {
        const { body } = await boss('/history/list?limit=50').catch(() => ({ body: {} as Record<string, unknown> }))
        for (const { ticket, state } of (body['jobs'] ?? []) as Array<{ ticket: string, state: string }>) note(ticket, state)
      }
    }
    const clients = [client(), client(), client(), watcher()]
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 800)) // the moment of the kill is the experiment
    server.kill('SIGKILL')
    await server.ended
    isOver.now = true
    await Promise.all(clients)
  }

  const server = await serve(t, file)
  const boss = asker(server.address, token)
  const job = async (ticket: string) => (await boss(`/history/${ticket}`)).body as { state: string, exitCode: number | null, code?: string }
  for (const ticket of tickets) await until(async () => !/queued|running/.test((await job(ticket)).state), 60_000)
  for (const ticket of tickets) {
    const { state, exitCode, code } = await job(ticket)
    t.equal(code, undefined, 'no ticket is lost')
    note(ticket, state)
    const exit = readText(join(folderOf(ticket), 'exit')).split(' ')[0]
    if (state === 'succeeded') t.match({ exitCode, exit }, { exitCode: 0, exit: '0' }, 'no false success')
    else t.match(state, /^(failed|unknown)$/)
  }
  server.kill('SIGTERM')
  await server.ended

  const ran = readText(join(folder, 'barman', 'ran')).trim().split('\n')
  const twice = ran.filter((ticket, index) => ran.indexOf(ticket) !== index)
  t.strictSame(twice, [], 'none ran twice')
  t.ok(tickets.size >= counts.kills, 'there was something to lose')
  const states = [...final.values()]
  t.comment({ ...counts, tickets: tickets.size, lost: [...tickets].filter((ticket) => !final.has(ticket)).length, ran: ran.length, twice: twice.length, ...Object.fromEntries([...new Set(states)].map((state) => [state, states.filter((each) => each === state).length])) })

  function folderOf (ticket: string): string {
    const month = readdirSync(join(store, 'active')).find((name) => readdirSync(join(store, 'active', name)).includes(ticket))
    return join(store, 'active', month ?? 'lost', ticket)
  }

  /** An end is an end: no state follows one. */
  function note (ticket: string, state: string): void {
    if (/queued|running/.test(state)) {
      if (final.has(ticket)) t.fail(`${ticket} was ${final.get(ticket)} and is ${state}`)
    } else {
      if (final.has(ticket) && final.get(ticket) !== state) t.fail(`${ticket} was ${final.get(ticket)} and is ${state}`)
      final.set(ticket, state)
    }
  }
})
