import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { client } from './curl.mjs'
import { Fault } from './fault.mjs'
import { until } from './wait.mjs'

const JOB_MS = 300_000
const POLL_MS = 500
const ENDED = ['succeeded', 'failed', 'canceled', 'timed_out', 'unknown']

/**
 * Shows what the service is for: a token, the servers, a real backup by ticket, the list of backups, a restore.
 * @param {{ url: string, user: { name: string, password: string }, target: string, restored: string }} where
 *   `target` is the configured name of the folder `restored`.
 * @param {ReturnType<import('./say.mjs').narrator>} say
 */
export async function tour ({ url, user, target, restored }, say) {
  const http = client(url, { show: (line) => say.dim(`$ ${line}`) })
  const print = (value) => say.line(JSON.stringify(value, null, 2))

  say.heading('A token')
  const { token, expires_at: expiresAt } = await http.login(user.name, user.password)
  print({ token: `${token.slice(0, 16)}…`, expires_at: expiresAt })

  say.heading('The servers that Barman knows')
  print((await http.get('/barman/list-servers')).body.result)

  say.heading('A backup, by ticket')
  await follow(http, say, await http.post('/barman/backup', { server_name: ['main'], wait: true }))

  say.heading('The backups')
  const { result } = (await http.get('/barman/list-backups?server_name=main')).body
  print(result)
  const [backup] = result.main
  if (backup?.status !== 'DONE') throw new Fault(`The new backup is ${backup?.status ?? 'not listed'}, and should be DONE.`)

  say.heading('A restore into a folder, by ticket')
  await follow(http, say, await http.post('/barman/recover', { server_name: 'main', backup_id: backup.backup_id, api_target: target }))
  const file = join(restored, 'PG_VERSION')
  say.dim(`$ cat ${file}`)
  say.line(readFileSync(file, 'utf8').trim())
}

/** Asks for a job until it has ended, and prints its output as it grows. */
async function follow (http, say, { status, headers, body }) {
  say.line(`${status}, Location: ${headers.get('location')}, Retry-After: ${headers.get('retry-after')}`)
  let printed = 0
  let job = body
  let silent = false
  await until(`the job ${body.ticket} ends`, async () => {
    job = (await http.get(`/history/${body.ticket}`, { silent })).body
    silent = true
    for (const line of job.output.slice(printed)) say.line(`  ${line}`)
    printed = job.output.length
    return ENDED.includes(job.state)
  }, { timeoutMs: JOB_MS, everyMs: POLL_MS })
  if (job.state !== 'succeeded') throw new Fault(`The job ended as ${job.state}: ${[job.reason, ...job.errors].filter(Boolean).join('; ')}`)
  say.good(`${job.command} ${job.state} (${(job.durationMs / 1000).toFixed(1)} s)`)
}
