import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { exitOf } from '../../../../lib/cli/client/exits.ts'
import { spell } from '../../../../lib/cli/client/spell.ts'
import { statusOf } from '../../../../lib/cli/client/status.ts'
import type { JobSummary } from '../../../../schemas/job.ts'
import { barmanapi } from '../support.ts'
import { makePlace, startClient } from './support.ts'

t.setTimeout(120_000)

t.test('only a job that succeeded exits 0', async (t) => {
  for (const [state, exitCode, expected] of [
    ['succeeded', 0, 0], ['failed', 3, 3], ['failed', 0, 1], ['failed', null, 1], ['failed', 256, 1], ['failed', -1, 1],
    ['canceled', 0, 125], ['canceled', 1, 125], ['timed_out', null, 124], ['unknown', 0, 70], ['unknown', null, 70]
  ] as const) t.equal(exitOf({ state, exitCode }), expected, `${state} ${exitCode}`)
})

t.test('how a job stands is one line', async (t) => {
  const job = { command: 'backup', servers: ['main'], state: 'running', createdAt: '2026-01-31T02:00:00.000Z', startedAt: null } as unknown as JobSummary // all that is shown
  const now = Date.parse('2026-01-31T02:03:20.000Z')
  t.equal(statusOf(job, now), 'backup main: running, 3 min 20 s')
  const with40 = { ...job, progress: { percent: 40.7, basis: 'bytes-of-last-backup', estimated: true, etaSeconds: 300 } } as JobSummary
  t.equal(statusOf(with40, now), 'backup main: running, 3 min 20 s, about 40 %, 5 min left')
  t.equal(statusOf({ ...job, progress: { percent: null, basis: 'bytes-of-last-backup', estimated: true, etaSeconds: null } } as JobSummary, now), 'backup main: running, 3 min 20 s')
  t.same([0, 59_400, 59_600, 3_600_000, 32_460_000].map(spell), ['0 s', '59 s', '1 min', '1 h', '9 h 1 min'])
})

t.test('before a service', async (t) => {
  const place = await makePlace(t)
  const { barman, env, run, folder, password, token } = place

  await t.test('a read prints its result, and its exit code is 0 or 1', async (t) => {
    barman.act('list-backups', 'printf \'{"main": []}\'; exit 0')
    t.match(await run(['run', 'list-backups', 'main']), { code: 0, stdout: '{\n  "main": []\n}\n', stderr: '' })
    const whole = await run(['run', 'list-backups', 'main', '--json'])
    t.match(JSON.parse(whole.stdout), { ok: true, exitCode: 0, result: { main: [] } })
    barman.act('check', 'printf \'{"main": {"postgresql": {"status": "FAILED", "hint": ""}}}\'; exit 1')
    t.match(await run(['run', 'check', 'main', '--wait']), { code: 1, stdout: /FAILED/ })
  })

  await t.test('what changes something is a job: its ticket, or its end', async (t) => {
    barman.act('switch-wal', 'exit 0')
    const started = await run(['run', 'switch-wal', 'main', '--force'])
    t.match(started, { code: 0, stdout: /^[0-9a-f-]{36}\n$/, stderr: /follow it with: barmanapi logs / })
    t.match(await run(['logs', '-f', started.stdout.trim()]), { code: 0 })
    t.ok(barman.calls().some((words) => words[0] === 'switch-wal' && words.includes('--force')))
    const { code, stdout } = await run(['run', '--wait', '--json', 'switch-wal', 'main'])
    t.match([code, JSON.parse(stdout)], [0, { state: 'succeeded', command: 'switch-wal' }])
    t.match(await run(['run', 'switch-wal', '--wait', 'main', 'pg-1']), { code: 0, stderr: /Job [0-9a-f-]{36} of / }, 'a batch')
  })

  await t.test('a backup that barman skipped does not exit 0', async (t) => {
    barman.act('backup', 'exit 0')
    const { code, stderr } = await run(['run', 'backup', 'main', '--wait'])
    t.ok([1, 70].includes(Number(code)), `${code}`)
    t.match(stderr, /backup main: (failed|unknown) \(\S+\) in \d+ s, barman exited 0\n$/)
  })

  await t.test('--wait is ours before --, and Barman\'s behind it', async (t) => {
    barman.act('backup', 'exit 4')
    t.match(await run(['run', 'backup', 'main', '--wait', '--', '--wait']), { code: 4 })
    const waited = () => barman.calls().filter((words) => words[0] === 'backup' && words.includes('--wait')).length
    t.equal(waited(), 1)
    t.match(await run(['run', 'backup', 'main', '--wait']), { code: 4 })
    t.equal(waited(), 1)
  })

  await t.test('jobs is a table, newest first', async (t) => {
    const { stdout, code } = await run(['jobs', '--command', 'switch-wal', '--server', 'main'])
    const [head = '', ...rows] = stdout.trimEnd().split('\n')
    t.equal(code, 0)
    t.match(head, /^TICKET {2,}STATE {2,}COMMAND {2,}SERVERS {2,}USER {2,}CREATED {2,}DURATION$/)
    t.ok(rows.length >= 2 && rows.every((row) => /^[0-9a-f-]{36} {2}succeeded {2,}switch-wal {2}main\S* +boss +\d{4}-\S+Z {2}\d+ s$/.test(row)), stdout)
    t.same(rows, [...rows].sort().reverse())
    t.match(JSON.parse((await run(['jobs', '--json', '--limit', '1'])).stdout), { jobs: [{}], nextCursor: String })
    t.match(await run(['jobs', '--state', 'lost']), { code: 2, stdout: '' })
  })

  await t.test('cancel stops a job, and only one that runs', async (t) => {
    barman.act('switch-wal', 'while :; do sleep 0.05; done')
    const ticket = (await run(['run', 'switch-wal', 'main'])).stdout.trim()
    t.match(await run(['cancel', ticket]), { code: 0, stderr: `barmanapi: Job ${ticket} is being stopped\n` })
    t.match(await run(['logs', ticket, '-f']), { code: 125 })
    t.match(await run(['cancel', ticket]), { code: 1, stderr: /^barmanapi: \S/ })
  })

  await t.test('a wrong call is one sentence and exit 2', async (t) => {
    for (const [args, sentence] of [
      [['run'], /no command is given/],
      [['run', 'bakup', 'main'], /no such command; did you mean backup\?/],
      [['run', 'backup', 'main', '--nmae', 'x'], /backup has no option --nmae; did you mean --name\?/],
      [['run', 'show-backup', 'main'], /backup_id: is required/],
      [['run', '--tokn', 'x', 'backup'], /there is no option --tokn; did you mean --token\?/],
      [['logs'], /logs takes one TICKET/],
      [['jobs', 'now'], /jobs takes no further words/]
    ] as const) {
      const { code, stdout, stderr } = await run(args)
      t.match({ code, stdout, stderr }, { code: 2, stdout: '', stderr: sentence }, args.join(' '))
      t.match(stderr, /^barmanapi: /)
      t.notMatch(stderr, /\n\s+at /)
    }
    t.match(await run(['run', 'status', 'nosuch']), { code: 1, stderr: /^barmanapi: / })
    t.match(await run(['logs', '019ab3f2-5d1c-7c3e-9a51-0d6f2f3b8e11']), { code: 1, stderr: /There is no such job/ })
    t.match(await run(['run', '--help']), { code: 0, stdout: /Usage: barmanapi run/, stderr: '' })
    t.match(await run(['run', 'backup', '--help']), { code: 0, stdout: /Usage: barmanapi run backup SERVER_NAME\.\.\./, stderr: '' })
  })

  await t.test('who is not known is told so, and a profile logs in', async (t) => {
    t.match(await run(['jobs'], { BARMANAPI_TOKEN: token.slice(0, -3) }), { code: 1, stderr: /^barmanapi: The token is not valid/ })
    const file = join(folder, 'profiles.ini')
    writeFileSync(file, `[ci]\nurl = ${env.BARMANAPI_URL}\nuser = boss\npassword = ${password}\n`, { mode: 0o600 })
    const { code, stdout } = await run(['jobs', '--profile', 'ci', '--limit', '1'], { BARMANAPI_PROFILES: file, BARMANAPI_URL: '', BARMANAPI_TOKEN: '' })
    t.match([code, stdout], [0, /^TICKET/])
    t.match(await run(['jobs', '--profile', 'ci'], { BARMANAPI_PROFILES: file, BARMANAPI_URL: '', BARMANAPI_TOKEN: token.slice(0, -3), BARMANAPI_USER: 'boss', BARMANAPI_PASSWORD: password }), { code: 0 }, 'a token that has ended is renewed')
    t.match(await barmanapi(['jobs', '--user', 'boss', '--password-stdin'], { input: 'wrong\n', env }), { code: 1, stderr: /User name or password is wrong/ })
  })

  await t.test('a service that stays away is given up, with a code of its own', async (t) => {
    const client = startClient(t, ['jobs', '--give-up', '1', '--url', 'http://127.0.0.1:1', '--token', 'x'], {})
    t.equal(await client.ended, 69)
    t.match(client.stderr(), /^barmanapi: http:\/\/127\.0\.0\.1:1: nobody listens there; trying again for 1 s\nbarmanapi: .*given up after .*\n$/)
  })
})
