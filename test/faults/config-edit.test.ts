import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { KeptFiles } from '../../lib/edits/kept-files.ts'

const DRIVER = fileURLToPath(new URL('../lib/edits/driver.js', import.meta.url))
const STEPS = 'openat,write,pwrite64,fsync,ftruncate,rename,link,unlink,symlink,fchmod,fchown,utimensat,mkdir'
const MOST = 300
const REST = `[rest]\n${Array.from({ length: 40 }, (_, at) => `key${at} = value\n`).join('')}`
const OLD = `[main]\nk = old\n${REST}`
const NEW = `[main]\nk = a longer new value\n${REST}`

/** Barman's own way to read, over and over: each time the whole file, with the old or the new value. */
const READER = `
import configparser, signal, sys
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
seen = {}
print("reading", flush=True)
while not stop:
    parser = configparser.ConfigParser(strict=False)
    with open(sys.argv[1]) as file:
        parser.read_file(file)
    assert len(parser["rest"]) == 40, "torn"
    seen[parser["main"]["k"]] = seen.get(parser["main"]["k"], 0) + 1
print(seen, flush=True)
`

t.setTimeout(1_500_000)

const skip = ['strace', 'python3'].find((program) => !exists(program))
for (const form of ['replacement', 'write in place'] as const) {
  t.test(`killed at every system call, a ${form} leaves the old or the new file, and who reads in a loop sees no other`, { skip: skip === undefined ? false : `there is no ${skip} here` }, async (t) => {
    const folder = t.testdir()
    const file = join(folder, 'barman.conf')
    const link = join(folder, 'link.conf')
    const kept = join(folder, 'kept')
    symlinkSync(file, link)
    writeFileSync(file, OLD, { mode: 0o604 })
    if (form === 'write in place') linkSync(file, join(folder, 'twin'))
    const reader = spawn('python3', ['-c', READER, link], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(reader.stdout, 'data')
    const ends = { old: 0, new: 0, mended: 0 }
    let before = OLD
    for (let step = 1; step < MOST; step++) {
      const after = before === OLD ? NEW : OLD
      const isKilled = await killedAt(step, [kept, JSON.stringify([{ path: link, before, after }]), 'wait'])
      const left = readFileSync(file, 'utf8')
      if (form === 'replacement') t.ok([before, after].includes(left), `step ${step}: old or new at the very moment`)
      else if (![before, after].includes(left)) ends.mended++
      if (!isKilled) break
      mkdirSync(kept, { recursive: true })
      await new KeptFiles({ folder: kept, log: { info () {}, warn () {} } }).recover()
      const now = readFileSync(file, 'utf8')
      t.ok([before, after].includes(now), `step ${step}: old or new after the next start`)
      ends[now === before ? 'old' : 'new']++
      t.equal(statSync(file).mode & 0o777, 0o604)
      t.equal(statSync(file).nlink, form === 'replacement' ? 1 : 2)
      t.notOk(readdirSync(kept).some((name) => name.endsWith('.pending')))
      before = now
    }
    t.equal(readFileSync(file, 'utf8'), before === OLD ? NEW : OLD, 'until no step was left to die at')
    t.ok(lstatSync(link).isSymbolicLink())
    t.ok(ends.old > 10 && ends.new > 0, JSON.stringify(ends))
    const told = once(reader.stdout, 'data')
    reader.kill('SIGTERM')
    const [seen] = await told as [Buffer]
    t.match(String(seen), /'old': \d+/)
    t.match(String(seen), /'a longer new value': \d+/)
    t.same(await once(reader, 'exit'), [0, null], 'the reader met nothing else')
    t.comment(`${String(seen).trim()} ${JSON.stringify(ends)}`)
    rmSync(kept, { recursive: true })
  })
}

/** Runs the driver and lets strace kill it at the given file system call after its start; false where it came to its end. */
async function killedAt (step: number, args: readonly string[]): Promise<boolean> {
  const driver = spawn(process.execPath, [DRIVER, ...args], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, UV_THREADPOOL_SIZE: '1' } })
  await once(driver.stdout, 'data')
  const tracer = spawn('strace', ['-f', '-o', '/dev/null', '-e', `trace=${STEPS}`, '-e', `inject=${STEPS}:signal=SIGKILL:when=${step}`, '-p', String(driver.pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  await once(tracer.stderr, 'data') // `Process 1 attached with 11 threads`
  tracer.stderr.resume()
  const ended = once(driver, 'exit')
  const traced = once(tracer, 'exit')
  driver.stdout.resume()
  driver.stdin.end('go\n')
  const [, signal] = await ended as [number | null, string | null]
  await traced
  return signal === 'SIGKILL'
}

function exists (program: string): boolean {
  try {
    execFileSync(program, ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
