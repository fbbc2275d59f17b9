import { ClientError, EXIT } from './exits.ts'
import type { Service } from './service.ts'

interface Parameter { readonly in?: string, readonly name?: string, readonly $ref?: string }
interface Document {
  readonly paths: Readonly<Record<string, { readonly post?: { readonly parameters?: readonly Parameter[] } }>>
  readonly components?: { readonly parameters?: Readonly<Record<string, Parameter>> }
}

/** Whether the service documents the header Idempotency-Key for a command: only then may a request be sent twice. */
export async function knowsKeys (service: Service, command: string): Promise<boolean> {
  const document = await service.get<Document>('openapi.json').catch((error: unknown) => {
    if (error instanceof ClientError && error.exitCode !== EXIT.unreachable) return null // not shown to this user
    throw error
  })
  const parameters = document?.paths[`/barman/${command}`]?.post?.parameters ?? []
  const resolve = (parameter: Parameter) => document?.components?.parameters?.[parameter.$ref?.split('/').at(-1) ?? ''] ?? parameter
  return parameters.map(resolve).some(({ in: place, name }) => place === 'header' && name?.toLowerCase() === 'idempotency-key')
}
