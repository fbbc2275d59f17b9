import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../lib/config/load.ts'
import { openLog } from '../../lib/log.ts'

const config = (env: Record<string, string>) => loadConfig({ file: '/no/such/file', optional: true, env })
const toFiles = (t: Test, env: Record<string, string> = {}) => {
  const folder = t.testdir()
  return { folder, log: openLog(config({ BARMANAPI_LOG_MAX_BYTES: '2000', BARMANAPI_LOG_BACKUP_COUNT: '3', ...env }), folder) }
}
const linesOf = (folder: string) => readdirSync(folder).sort().reverse() // the oldest first: the highest number
  .flatMap((name) => name === 'barmanapi.log' ? [] : [name]).concat('barmanapi.log')
  .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { n: number, msg: string, time: string }))

t.test('a log is lines of JSON in a file of the owner, with times of RFC 3339', async (t) => {
  const { folder, log } = toFiles(t)
  log.info({ n: 1 }, 'said')
  log.debug('unsaid')
  t.match(linesOf(folder), [{ n: 1, msg: 'said', level: 30, time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ }])
  t.equal(linesOf(folder).length, 1)
  t.equal(statSync(join(folder, 'barmanapi.log')).mode & 0o777, 0o600)
})

t.test('with debug it says more', async (t) => {
  const { folder, log } = toFiles(t, { BARMANAPI_APPLICATION_DEBUG: 'true' })
  log.debug('said')
  t.match(linesOf(folder), [{ msg: 'said', level: 20 }])
})

t.test('a full file becomes .1, that one .2, and only so many are kept', async (t) => {
  const { folder, log } = toFiles(t)
  const count = 200
  for (let n = 0; n < count; n++) log.info({ n }, 'ü'.repeat(25))
  t.strictSame(readdirSync(folder).sort(), ['barmanapi.log', 'barmanapi.log.1', 'barmanapi.log.2', 'barmanapi.log.3'])
  const lines = linesOf(folder)
  const first = lines[0]?.n ?? NaN
  t.ok(first > 0)
  t.strictSame(lines.map(({ n }) => n), Array.from({ length: count - first }, (_, n) => first + n), 'none is lost or torn, in their order')
  for (const name of readdirSync(folder)) {
    t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
    t.ok(statSync(join(folder, name)).size <= 2000, `${name} has ${statSync(join(folder, name)).size} bytes`)
  }
})

t.test('a log goes on where an earlier process ended', async (t) => {
  const { folder, log } = toFiles(t)
  log.info({ n: 1 })
  const later = openLog(config({ BARMANAPI_LOG_MAX_BYTES: '2000' }), folder)
  later.info({ n: 2 })
  t.strictSame(linesOf(folder).map(({ n }) => n), [1, 2])
})

t.test('a line that is larger than a file stands alone, and whole', async (t) => {
  const { folder, log } = toFiles(t)
  log.info({ n: 1 })
  log.info({ n: 2 }, 'x'.repeat(5000))
  log.info({ n: 3 })
  t.strictSame(linesOf(folder).map(({ n }) => n), [1, 2, 3])
  t.equal(readdirSync(folder).length, 3)
})

t.test('where the file cannot be written the console hears it, and who logs does not', async (t) => {
  const folder = t.testdir({ 'barmanapi.log': {} })
  const script = `import('${new URL('../../lib/log.js', import.meta.url).href}').then(async ({ openLog }) => {
    const { loadConfig } = await import('${new URL('../../lib/config/load.js', import.meta.url).href}')
    const log = openLog(loadConfig({ file: '/no', optional: true, env: { BARMANAPI_LOG_MAX_BYTES: '1000' } }), '${folder}')
    log.info({ n: 1 }, 'said')
    process.exit(0)
  })`
  const { status, stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
  t.equal(status, 0)
  t.match(JSON.parse(stdout), { msg: 'log cannot be written', err: { code: 'EISDIR' }, line: /"n":1,"msg":"said"/ })
})

t.test('lines to a console are all there, also at an exit that does not wait', async (t) => {
  const script = `import('${new URL('../../lib/log.js', import.meta.url).href}').then(async ({ openLog }) => {
    const { loadConfig } = await import('${new URL('../../lib/config/load.js', import.meta.url).href}')
    const log = openLog(loadConfig({ file: '/no', optional: true }), '/no')
    for (let n = 0; n < 500; n++) log.info({ n })
    process.exit(0)
  })`
  const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
  t.equal(stdout.trim().split('\n').length, 500)
})
