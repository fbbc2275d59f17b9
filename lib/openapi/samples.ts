import type { CommandReply } from '../../schemas/command.ts'
import type { Job } from '../../schemas/job.ts'
import type { Problem } from '../../schemas/problem.ts'

/** A backup, just begun. */
export const RUNNING_JOB: Job = {
  ticket: '019ab3f2-5d1c-7c3e-9a51-0d6f2f3b8e11',
  kind: 'command',
  state: 'running',
  reason: null,
  host: 'default',
  command: 'backup',
  parameters: { server_name: ['main'] },
  servers: ['main'],
  user: 'memin',
  requestId: '5f0a8c52-9d7e-4d0f-8a4b-3c1c8f2b7a60',
  exitCode: null,
  ok: null,
  createdAt: '2026-01-31T02:00:00.000Z',
  startedAt: '2026-01-31T02:00:00.021Z',
  finishedAt: null,
  durationMs: null,
  progress: { percent: 41, basis: 'bytes-of-last-backup', estimated: true, etaSeconds: 310 },
  jobs: null,
  batch: null,
  result: null,
  output: ['Starting backup using postgres method for server main in /var/lib/barman/main/base/20260131T020000'],
  outputTruncated: false,
  errors: [],
  warnings: []
}

/** A short command that changed something, at its end. */
export const ENDED_JOB: Job = {
  ...RUNNING_JOB,
  state: 'succeeded',
  command: 'switch-wal',
  exitCode: 0,
  ok: true,
  finishedAt: '2026-01-31T02:00:00.521Z',
  durationMs: 500,
  progress: null,
  output: ['The WAL file 000000010000000000000004 has been closed on server \'main\'']
}

const requestId = RUNNING_JOB.requestId

/** What a caller sees who asks for what is not there, and when PostgreSQL is not there. */
export const PROBLEMS: Readonly<Record<string, { readonly summary: string, readonly value: Problem }>> = {
  caller: {
    summary: 'Something is wrong with the request',
    value: {
      type: 'about:blank',
      title: 'Unknown server',
      status: 404,
      detail: 'There is no such server',
      code: 'unknown-server',
      requestId,
      errors: [{ pointer: '/server_name/0', detail: 'is not a server of this Barman' }]
    }
  },
  service: {
    summary: 'Something is wrong here',
    value: {
      type: 'about:blank',
      title: 'PostgreSQL cannot be reached',
      status: 503,
      detail: "Cannot connect to server 'main'",
      code: 'postgres-unreachable',
      requestId
    }
  }
}

/** Barman's own documents, in short; of what is not here the sample shows lines. */
const RESULTS: Readonly<Record<string, unknown>> = {
  check: { main: { PostgreSQL: { status: 'OK', hint: '' }, 'minimum redundancy requirements': { status: 'OK', hint: 'have 1 backups, expected at least 0' } } },
  'list-backups': { main: [{ backup_id: '20260131T020000', status: 'DONE', end_time: 'Sat Jan 31 02:00:07 2026', size_bytes: 31457280 }] },
  'list-servers': { main: { description: 'The demo' } },
  'replication-status': { main: { server_lsn: '0/5000148', wal_streamers: [] } },
  'show-backup': { main: { backup_id: '20260131T020000', status: 'DONE' } },
  'show-servers': { main: { active: true, backup_method: 'postgres' } },
  status: { main: { active: { description: 'Active', message: 'True' } } }
}

/** What a command that only looks may answer. */
export function sampleReply (command: string, names: readonly string[]): CommandReply {
  const known = names.find((name) => Object.hasOwn(RESULTS, name))
  return { command, exitCode: 0, ok: true, result: known === undefined ? null : RESULTS[known], output: known === undefined ? ['What Barman printed'] : [], errors: [], warnings: [], durationMs: 212 }
}
