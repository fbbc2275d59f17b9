import { type Static, Type } from '@sinclair/typebox'

/** Every code that a problem can have. The code is API: kebab-case, never renamed; here alone stand the statuses. */
export const PROBLEMS = {
  'bad-request': { status: 400, title: 'Bad request' },
  'unknown-parameter': { status: 400, title: 'Unknown parameter' },
  unauthorized: { status: 401, title: 'Login needed' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'Not found' },
  'unknown-command': { status: 404, title: 'Unknown command' },
  'unknown-server': { status: 404, title: 'Unknown server' },
  'unknown-backup': { status: 404, title: 'Unknown backup' },
  'unknown-host': { status: 404, title: 'Unknown host' },
  'unknown-user': { status: 404, title: 'Unknown user' },
  'job-not-found': { status: 404, title: 'Unknown job' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'user-exists': { status: 409, title: 'The user exists already' },
  'server-busy': { status: 409, title: 'The server is busy' },
  'refused-by-barman': { status: 409, title: 'Barman refused' },
  'job-not-running': { status: 409, title: 'The job has ended' },
  'file-changed': { status: 409, title: 'The file was changed meanwhile' },
  'section-exists': { status: 409, title: 'The section exists already' },
  'unsafe-change': { status: 409, title: 'The change would not do what was meant' },
  'only-in-the-file': { status: 409, title: 'Changed in the local file only' },
  'file-not-writable': { status: 409, title: 'The file cannot be written' },
  'precondition-failed': { status: 412, title: 'There is a newer version' },
  'payload-too-large': { status: 413, title: 'Body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'idempotency-mismatch': { status: 422, title: 'Key used for something else' },
  'barman-failed': { status: 502, title: 'Barman failed' },
  'output-too-large': { status: 502, title: 'Barman printed too much' },
  'barman-unusable': { status: 503, title: 'Barman cannot be used' },
  'postgres-unreachable': { status: 503, title: 'PostgreSQL cannot be reached' },
  'check-failed': { status: 503, title: 'The check failed' },
  'too-busy': { status: 503, title: 'Too busy' },
  'shutting-down': { status: 503, title: 'The service is stopping' },
  'insufficient-storage': { status: 507, title: 'The disk is nearly full' },
  'barman-timeout': { status: 504, title: 'Barman did not answer in time' },
  'too-many-attempts': { status: 429, title: 'Too many attempts' },
  internal: { status: 500, title: 'Internal error' }
} as const satisfies Readonly<Record<string, { readonly status: number, readonly title: string }>>

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
export const Problem = Type.Object({
  type: Type.String({ description: 'Always about:blank; `code` tells problems apart' }),
  title: Type.String(),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.String({ description: 'What went wrong, for people' }),
  code: Type.String({ description: 'What went wrong, for programs; never renamed', examples: ['unknown-server'] }),
  requestId: Type.String({ description: 'The same in the log' }),
  errors: Type.Optional(Type.Array(Type.Object({
    pointer: Type.String({ description: 'JSON pointer to the faulty input', examples: ['/server_name/0'] }),
    detail: Type.String()
  }), { description: 'The faults of the input, one by one' }))
}, { $id: 'Problem', additionalProperties: true, description: 'Why there is no other answer (RFC 9457); commands that ran add ticket, exitCode, output and what Barman said' })
export type Problem = Static<typeof Problem>
