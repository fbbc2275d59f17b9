import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { AuditEntry, AuditPage } from '../schemas/audit.ts'
import { Done, Token } from '../schemas/auth.ts'
import { CatalogueHelp, CommandHelp, CommandReply } from '../schemas/command.ts'
import { ConfigChange, ConfigVersion, OwnChange } from '../schemas/config-change.ts'
import { BarmanSettings, OwnSettings, ParameterManual } from '../schemas/config.ts'
import { Health } from '../schemas/health.ts'
import { HistoryPage, JobOutput } from '../schemas/history.ts'
import { Job, JobSummary } from '../schemas/job.ts'
import { Problem } from '../schemas/problem.ts'
import { User } from '../schemas/user.ts'

const NAMED = [AuditEntry, AuditPage, BarmanSettings, CatalogueHelp, CommandHelp, CommandReply, ConfigChange, ConfigVersion, Done, Health, HistoryPage, Job, JobOutput, JobSummary, OwnChange, OwnSettings, ParameterManual, Problem, Token, User]

/** Shapes that many routes send, each under its name. */
export default fp(async (fastify: FastifyInstance) => {
  for (const schema of NAMED) fastify.addSchema(schema)
}, { name: 'schemas' })
