import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { problemIn, until } from '../support/app.ts'
import { dial } from '../support/sockets.ts'
import { type Lab, openLab, serveLab } from './lab.ts'

const SEGMENT = 16 * 1024 * 1024
const GROWTH = 100 * 1024 * 1024 // of memory, while 20 segments, 320 MiB, go through
const LIMIT = 3 * SEGMENT

t.setTimeout(170_000)

const { lab, skip } = await openLab({ own: true })
if (lab) await testWal(lab)
else t.test('WAL through a real Barman', { skip }, async () => {})

async function testWal (lab: Lab): Promise<void> {
  t.teardown(() => lab.stop())
  const { app, boss, folder } = await serveLab(t, lab, { config: `[barman]\nmax_wal_bytes = ${LIMIT}` })
  const archive = join(lab.home, 'main', 'wals')
  const name = readdirSync(archive, { recursive: true, encoding: 'utf8' }).map((path) => path.split('/').at(-1) ?? '').find((file) => /^[0-9A-F]{24}$/.test(file)) ?? ''
  const stored = readFileSync(join(archive, name.slice(0, 16), name))
  const put = (payload: Buffer) => boss.send({ method: 'POST', url: '/barman/put-wal?server_name=main', headers: { 'content-type': 'application/x-tar' }, payload })

  t.test('get-wal sends the archived file, byte for byte', async (t) => {
    const reply = await boss.get(`/barman/get-wal?server_name=main&wal_name=${name}`)
    t.match(reply, { statusCode: 200, headers: { 'content-type': 'application/octet-stream', 'content-length': SEGMENT } })
    t.ok(reply.rawPayload.equals(stored), 'equal')
    t.match((await boss.get(`/barman/get-wal?server_name=main&wal_name=${name}&peek=1`)).json(), { ok: true, output: [name] })
  })

  t.test('twenty of them do not fill the memory', async (t) => {
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const before = process.memoryUsage.rss()
    for (let round = 0; round < 20; round++) {
      const reply = await fetch(`${url}/barman/get-wal?server_name=main&wal_name=${name}`, { headers: { authorization: `Bearer ${boss.token}` } })
      let size = 0
      for await (const chunk of reply.body ?? []) size += (chunk as Uint8Array).length
      if (reply.status !== 200 || size !== SEGMENT) t.fail(`${reply.status}, ${size} bytes`)
    }
    const growth = process.memoryUsage.rss() - before
    t.ok(growth < GROWTH, `${Math.round(growth / 2 ** 20)} MiB`)
    await until('nothing is left in garbage', () => readdirSync(join(folder, 'store', 'garbage')).length === 0)
  })

  t.test('a WAL file that is not there, or no name, sends no byte', async (t) => {
    problemIn(t, await boss.get('/barman/get-wal?server_name=main&wal_name=0000000100000000000000FF'), 404, 'not-found')
    for (const bad of ['../../../etc/passwd', 'x', name.toLowerCase().replace(/^0/, 'g'), `${name}/..`]) {
      t.match(problemIn(t, await boss.get(`/barman/get-wal?server_name=main&wal_name=${encodeURIComponent(bad)}`), 400, 'bad-request').errors, [{ pointer: '/wal_name' }])
    }
  })

  t.test('put-wal files what barman-wal-archive would send', async (t) => {
    const segment = '0000000A000000000000000A'
    const reply = await put(tarOf(t.testdir(), segment, stored))
    t.match([reply.statusCode, reply.json()], [200, { state: 'succeeded', exitCode: 0 }])
    t.ok(readFileSync(join(lab.home, 'main', 'incoming', segment)).equals(stored))
  })

  t.test('put-wal refuses what is no such tar', async (t) => {
    const segment = '0000000A000000000000000B'
    const broken: Readonly<Record<string, Buffer>> = {
      garbage: Buffer.alloc(10_240, 'x'),
      'a wrong checksum': tarOf(t.testdir(), segment, stored, '0'.repeat(32)),
      'half of a tar': tarOf(t.testdir(), segment, stored).subarray(0, SEGMENT / 2)
    }
    for (const [what, body] of Object.entries(broken)) {
      t.match([what, problemIn(t, await put(body), 422, 'barman-failed')], [what, { exitCode: 1, reply: { state: 'failed' } }])
      t.notOk(existsSync(join(lab.home, 'main', 'incoming', segment)), 'nothing is filed')
    }
  })

  t.test('a body that is too large or breaks off starts no Barman', async (t) => {
    const count = async () => (await boss.get('/history/list?command=put-wal&limit=500')).json<{ jobs: Job[] }>().jobs.filter(({ startedAt }) => startedAt !== null).length
    const before = await count()
    problemIn(t, await put(Buffer.alloc(LIMIT + 1)), 413, 'payload-too-large')
    const socket = await dial(app)
    socket.write(`POST /barman/put-wal?server_name=main HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-tar\r\nContent-Length: ${SEGMENT}\r\nAuthorization: Bearer ${boss.token}\r\n\r\n`)
    socket.write(tarOf(t.testdir(), '0000000A000000000000000C', stored).subarray(0, SEGMENT / 2))
    await until('a part of it is there', () => stdins(folder) > 0)
    socket.destroy()
    await until('and then is not', () => stdins(folder) === 0)
    t.equal(await count(), before)
    t.notOk(existsSync(join(lab.home, 'main', 'incoming', '0000000A000000000000000C')))
  })
}

/** A tar of one WAL file and its checksum, in the order of barman-wal-archive: the file first, MD5SUMS behind it. */
function tarOf (folder: string, name: string, content: Buffer, md5 = createHash('md5').update(content).digest('hex')): Buffer {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), content)
  writeFileSync(join(folder, 'MD5SUMS'), `${md5} *${name}\n`)
  return execFileSync('tar', ['--create', '--format=gnu', `--directory=${folder}`, name, 'MD5SUMS'], { maxBuffer: 2 * SEGMENT })
}

function stdins (folder: string): number {
  const active = join(folder, 'store', 'active')
  return readdirSync(active, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('/stdin')).length
}
