import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { type Lab, openLab } from '../real/lab.ts'
import { barmans } from '../support/barmans.mjs'
import { problemIn } from '../support/app.ts'
import { testCheckNames, testSkipped, truthOf } from './support.ts'

t.setTimeout(170_000)

const [found] = await barmans(undefined, ['3.20.1'])
const { lab, skip = 'no lab' } = found && found.missing === undefined ? await openLab({ own: true, barman: found.barman }) : { skip: found?.missing }
if (lab) await testTruth(lab)
else t.test('what surprises in Barman 3.20.1', { skip }, async () => {})

/** The known surprises that this version alone has, or has in its own way. */
async function testTruth (lab: Lab): Promise<void> {
  t.teardown(() => lab.stop())
  for (const [name, kind] of [['idle', 'inactive'], ['passive', 'passive'], ['silent', 'silent']] as const) await lab.addServer(name, { kind })
  const truth = await truthOf(t, lab)
  const { served, boss, reply, run } = truth
  const update = (...changes: object[]) => run('config-update', { json_changes: JSON.stringify(changes.map((change) => ({ scope: 'server', ...change }))) })

  t.test('surprise 9: a PostgreSQL that never answers costs its own part and nothing else', async (t) => {
    t.match(problemIn(t, await boss.get('/barman/status?server_name=silent&api_timeout=2'), 504, 'barman-timeout')['reply'], { ok: false, result: null })
    t.match(await reply('status?server_name=main&server_name=silent&api_timeout=5'), { ok: false, servers: { main: { ok: true }, silent: { ok: false, exitCode: null, problem: { code: 'barman-timeout' } } } })
    t.match(await run('switch-wal', { server_name: 'silent', api_timeout: 2 }), { state: 'timed_out', ok: false })
  })

  t.test('surprise 14: what config-update prints is read as UTF-8, and what is no JSON never reaches it', async (t) => {
    const { stderr, exitCode } = await served.app.host('default').run(null, ['-c', lab.config, 'config-update', '[{"scope": "server"}]'], { timeoutMs: 20_000 })
    t.match([exitCode, stderr], [1, /^ERROR: Aborting config\u2010update: invalid section/m])
    for (const text of ['{', '{}', '"x"', '[1]']) t.match(problemIn(t, await boss.post('/barman/config-update', { json_changes: text }), 400, 'bad-request').errors, [{ pointer: '/json_changes' }], text)
  })

  t.test('surprise 21: an inactive server answers what it can, and skips the rest aloud', async (t) => {
    await testSkipped(t, truth)
    t.match(await reply('status?server_name=idle'), { ok: true, result: { idle: { active: { message: 'False' } } } })
    t.match(await reply('list-backups?server_name=idle'), { ok: true, result: { idle: [] } })
  })

  t.test('surprise 19: the names of checks are those of this Barman', (t) => testCheckNames(t, truth))

  t.test('surprise 22: a second receive-wal has not streamed, whatever it exits with', async (t) => {
    t.match(await run('receive-wal', { server_name: 'main' }), { state: 'failed', ok: false, reason: 'server-busy', exitCode: 1 })
  })

  t.test('surprise 13: config-update that spoils its own file has not succeeded', async (t) => {
    t.match(await update({ server_name: 'main', network_compression: 'on' }), { state: 'succeeded', exitCode: 0 })
    t.match(await update({ server_name: 'idle', network_compression: 'on', parallel_jobs: '3' }), { state: 'succeeded', exitCode: 0 })
    const torn = await update({ server_name: 'main', parallel_jobs: '2' })
    t.match(torn, { state: 'failed', ok: false, reason: 'not-applied', exitCode: 0, errors: [/main\.parallel_jobs/] })
    t.notMatch(torn.errors.join(), 'idle')
    const reply = await boss.post('/barman/config-update', { json_changes: JSON.stringify([{ scope: 'server', server_name: 'main', parallel_jobs: '4' }]) })
    t.equal(reply.json<Job>().state === 'succeeded', reply.statusCode === 200, 'and never a 200 that is none')
  })
}
