import { createClient, type Config } from './generated/client/index.ts'
import { Barman, type Job, type Problem } from './generated/index.ts'

export interface Connection {
  /** Every command of your Barman as a method, and the rest of the service beside them. */
  readonly barman: Barman
  /** Gives the job once it has ended, however long that takes. */
  readonly waitForJob: (ticket: string) => Promise<Job>
}

/** What the service says when it cannot do what was asked. Programs go by `problem.code`. */
export class BarmanError extends Error {
  override readonly name = 'BarmanError'
  readonly problem: Problem

  constructor (problem: Problem) {
    super(`${problem.title}: ${problem.detail}`)
    this.problem = problem
  }
}

/** Logs in by name and password, and works with the token from then on. */
export async function connect (baseUrl: string, name: string, password: string): Promise<Connection> {
  const { token } = await open({ baseUrl, auth: `${name}:${password}` }).getToken()
  const barman = open({ baseUrl, auth: token })
  return { barman, waitForJob: (ticket) => waitForJob(barman, ticket) }
}

/** The service answers when the job ends, or after half a minute to be asked again. */
async function waitForJob (barman: Barman, ticket: string): Promise<Job> {
  for (;;) {
    const job = await barman.getJob({ ticket, wait: 30 })
    if (job.ok !== null) return job
  }
}

function open (config: Config): Barman {
  const client = createClient({ ...config, throwOnError: true })
  client.interceptors.error.use((error, response) => response ? new BarmanError(error as Problem) : error) // all that fails is a Problem, but for the network
  return new Barman({ client })
}
