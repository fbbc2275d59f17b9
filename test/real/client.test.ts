import t from 'tap'
import { startClient } from '../lib/cli/client/support.ts'
import { type Lab, openLab, serveLab } from './lab.ts'

t.setTimeout(170_000) // a real backup

const { lab, skip } = await openLab({ own: true })
if (lab) await testClient(lab)
else t.test('the client before a real Barman', { skip }, async () => {})

async function testClient (lab: Lab): Promise<void> {
  t.teardown(() => lab.stop())
  const { app, boss } = await serveLab(t, lab)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const run = async (...args: string[]) => {
    const client = startClient(t, args, { BARMANAPI_URL: url, BARMANAPI_TOKEN: boss.token })
    return { code: await client.ended, stdout: client.stdout(), stderr: client.stderr() }
  }

  t.test('a backup is followed to its end, and 0 means that Barman lists it', async (t) => {
    const { code, stdout, stderr } = await run('run', 'backup', 'main', '--wait', '--', '--wait')
    t.equal(code, 0, stderr)
    t.match(stdout, /^Starting backup [^]*^Backup completed/m)
    t.match(stderr, /backup main: succeeded in /)
    const listed = JSON.parse((await run('run', 'list-backups', 'main', '--json')).stdout) as { result: { main: Array<{ status: string }> } }
    t.match(listed.result.main, [{ status: 'DONE' }])
    t.match(await run('run', 'check', 'main'), { code: 0 })
  })

  t.test('a backup that fails ends with the exit code of barman, and a skipped one not with 0', async (t) => {
    await lab.addServer('gone', { kind: 'unreachable' })
    await lab.addServer('standby', { kind: 'passive' })
    const failed = await run('run', 'backup', 'gone', '--wait')
    t.match(failed, { code: 1, stderr: /backup gone: failed \(\S+\) in \d+ s, barman exited 1\n$/ })
    t.match(failed.stderr, /^ERROR: /m)
    t.match(await run('run', 'backup', 'standby', '--wait'), { code: 1, stderr: /backup standby: failed \(skipped\) in \d+ s, barman exited 0\n$/ })
  })
}
