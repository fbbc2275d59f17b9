// Measures reads over HTTP against plain barman processes, in one run: node bench/reads.mjs [CALLS] after a build. Prints a Markdown table.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpus, release } from 'node:os'
import { account } from '../scripts/lab/account.mjs'
import { install } from '../scripts/lab/install.mjs'
import { openLab } from '../scripts/lab/open.mjs'
import { must } from '../scripts/lab/run.mjs'
import { startService } from '../scripts/lab/service.mjs'
import { until } from '../scripts/lab/wait.mjs'

const CALLS = Number(process.argv[2] ?? 20)
const USER = { name: 'bench', password: createHash('sha256').update(String(process.hrtime.bigint())).digest('hex') }
const READS = [
  ['list-server', [], '/barman/list-server'],
  ['list-backup', ['main'], '/barman/list-backup?server_name=main'],
  ['show-backup', ['main', 'latest'], '/barman/show-backup?server_name=main&backup_id=latest'],
  ['check', ['main'], '/barman/check?server_name=main'],
  ['diagnose', [], '/barman/diagnose']
]

const { lab, skip } = await openLab({ own: true })
if (!lab) throw new Error(skip)
try {
  await must(lab.command, ['-c', lab.config, 'backup', 'main', '--wait'], { who: lab.account, env: lab.env, cwd: lab.folder, timeoutMs: 300_000 })
  const { node, cli } = await install(lab.folder, account())
  const service = await startService(lab, { node, cli, users: [USER] })
  await report(service)
  await service.stop()
} finally {
  await lab.stop()
}

async function report (service) {
  const login = await fetch(`${service.url}/auth/token`, { headers: { authorization: `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString('base64')}` } })
  const { token } = await login.json()
  const ask = (path) => answerOf(`${service.url}${path}`, token)
  console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0].model.trim()}, Linux ${release()}, Node ${process.version}, Barman ${(await lab.mustBarman(['--version'])).stdout.trim().split(' ')[0]}, ${CALLS} calls each, alternating\n`)
  await until('Barman is warm', async () => await timeOf(() => ask('/barman/list-server')) < 60 || null, { timeoutMs: 20_000 })
  console.log('| read | plain p50 | p99 | HTTP p50 | p99 | ratio of p50 |\n| --- | --- | --- | --- | --- | --- |')
  for (const [name, words, path] of READS) row(name, await compare(words, name, () => ask(path)))
  console.log(`\nRSS of the worker: ${workerKb()} kB`)
}

/** Both in turn, so that whatever else the machine does weighs on both. */
async function compare (words, name, ask) {
  const json = name === 'diagnose' ? [] : ['-f', 'json']
  const plain = () => must(lab.command, ['-c', lab.config, ...json, name, ...words], { who: lab.account, env: lab.env, cwd: lab.folder })
  const times = { plain: [], http: [] }
  for (let n = 0; n < CALLS; n++) {
    times.plain.push(await timeOf(plain))
    times.http.push(await timeOf(ask))
  }
  return times
}

async function answerOf (url, token) {
  const reply = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  if (!reply.ok) throw new Error(`${url}: ${reply.status} ${await reply.text()}`)
  return reply.json()
}

async function timeOf (work) {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function row (name, { plain, http }) {
  const cells = [quantile(plain, 0.5), quantile(plain, 0.99), quantile(http, 0.5), quantile(http, 0.99)].map((ms) => `${ms.toFixed(1)} ms`)
  console.log(`| \`${name}\` | ${cells.join(' | ')} | ${(quantile(http, 0.5) / quantile(plain, 0.5)).toFixed(2)} |`)
}

function quantile (values, q) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
}

function workerKb () {
  const { stdout } = spawnSync('ps', ['-eo', 'rss,args'], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line.includes('worker.py')).map((line) => line.trim().split(' ')[0]).join(', ')
}
