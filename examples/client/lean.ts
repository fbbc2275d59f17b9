import createClient from 'openapi-fetch'
import type { components, paths } from './generated/paths.ts'

type Problem = components['schemas']['Problem']

/** The same with types alone: `openapi-typescript` generates no code, and paths stand in for names. */
export async function listBackups (baseUrl: string, token: string, server: string): Promise<unknown> {
  const barman = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } })
  const { data, error } = await barman.GET('/barman/list-backup', { params: { query: { server_name: [server] } } })
  if (error) throw new Error(say(error))
  return data.result
}

/** Takes a backup and gives its ticket. */
export async function backup (baseUrl: string, token: string, server: string): Promise<string> {
  const barman = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } })
  const { data, error } = await barman.POST('/barman/backup', { body: { server_name: [server] } })
  if (error) throw new Error(say(error))
  return data.ticket
}

const say = ({ code, detail }: Problem): string => `${code}: ${detail}`
