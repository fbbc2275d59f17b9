import t from 'tap'
import { progressOfBytes, progressOfSteps, readSteps } from '../../../../lib/jobs/progress/progress.ts'

/** As Barman 3.4.0 and 3.20.1 print them where `log_file` is blank; a step that is skipped comes before its turn. */
const LINES = [
  '2026-11-23 22:30:57,820 [30946] barman.copy_controller INFO: Copy step 1 of 5: [global] analyze remote PGDATA directory: /srv/data/',
  '2026-11-23 22:30:58,054 [30946] barman.copy_controller INFO: Copy step 2 of 5: [global] create destination directories and delete unknown files for remote PGDATA directory: /srv/data/',
  '2026-11-23 22:30:58,222 [30946] barman.copy_controller INFO: Copy step 4 of 5: [global] skipping copy files with checksum from remote PGDATA directory: /srv/data/',
  '2026-11-23 22:30:58,219 [31009] barman.copy_controller INFO: Copy step 3 of 5: [bucket 0] starting copy safe files from remote PGDATA directory: /srv/data/',
  '2026-11-23 22:30:58,584 [31010] barman.copy_controller INFO: Copy step 3 of 5: [bucket 0] finished (duration: less than one second) copy safe files from remote PGDATA directory: /srv/data/',
  '2026-11-23 22:30:58,588 [31009] barman.copy_controller INFO: Copy step 5 of 5: [global] starting copy remote pg_control file: /srv/data/global/pg_control',
  '2026-11-23 22:30:58,720 [31009] barman.copy_controller INFO: Copy step 5 of 5: [global] finished (duration: less than one second) copy remote pg_control file: /srv/data/global/pg_control'
]

t.test('steps only grow, and all of them are not the end', async (t) => {
  const percents: Array<number | null> = []
  let steps = readSteps(null, 'Starting backup\n')
  t.equal(steps, null)
  for (const line of LINES) {
    steps = readSteps(steps, `${line}\n`)
    percents.push(steps && progressOfSteps(steps).percent)
  }
  t.same(percents, [0, 20, 40, 60, 60, 80, 80])
  t.same(readSteps(null, LINES.join('\n')), steps, 'as one text too')
  t.match(steps && progressOfSteps(steps), { basis: 'copy-steps', estimated: false, etaSeconds: null })
})

t.test('bytes against the last backup are an estimate, and never 100', async (t) => {
  t.same(progressOfBytes(250, 1000, 10_000), { percent: 25, basis: 'bytes-of-last-backup', estimated: true, etaSeconds: 30 })
  t.match(progressOfBytes(0, 1000, 10_000), { percent: 0, etaSeconds: null })
  t.match(progressOfBytes(null, 1000, 10_000), { percent: null, etaSeconds: null })
  t.match(progressOfBytes(999, 1000, 10_000), { percent: 99, etaSeconds: 0 })
  for (const bytes of [1000, 1001, 5_000_000]) t.match(progressOfBytes(bytes, 1000, 10_000), { percent: 99, etaSeconds: null })
  t.match(progressOfBytes(1, 1e12, 1e9), { percent: 0, etaSeconds: null }, 'no forecast of centuries')
})
