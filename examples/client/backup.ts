import { BarmanError, connect } from './connect.ts'

const [server = 'main'] = process.argv.slice(2)
const { BARMANAPI_URL = 'http://127.0.0.1:1935', BARMANAPI_USER = 'memin', BARMANAPI_PASSWORD = '1258' } = process.env // those of the demo

try {
  const { barman, waitForJob } = await connect(BARMANAPI_URL, BARMANAPI_USER, BARMANAPI_PASSWORD)

  const { ticket } = await barman.backup({ server_name: [server] })
  say(`Job ${ticket}`)

  const job = await waitForJob(ticket)
  for (const line of job.output) say(line)
  say(`${server}: ${job.state} in ${job.durationMs} ms`)
  process.exitCode = job.ok ? 0 : 1
} catch (error) {
  if (!(error instanceof BarmanError)) throw error
  const { code, detail, errors = [] } = error.problem
  say(`${code}: ${detail}`)
  for (const { pointer, detail } of errors) say(`  ${pointer} ${detail}`)
  process.exitCode = 2
}

function say (line: string): void {
  process.stdout.write(`${line}\n`)
}
