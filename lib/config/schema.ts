import { type Static, type TObject, type TProperties, Type } from '@sinclair/typebox'

/** What a key says of itself beside its type; the table in docs/ is made from it. */
interface KeyOptions {
  readonly default?: unknown
  readonly unit?: 's' | 'h' | 'bytes'
  /** Never shown, not even to who may read the configuration. */
  readonly secret?: true
  /** Its section cannot do without it. */
  readonly isRequired?: true
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  /** What a value that does not fit should have been, where type and bounds do not say it. */
  readonly expected?: string
}

const text = (description: string, options: KeyOptions = {}) => Type.String({ description, maxLength: 4096, default: '', ...options })
const flag = (description: string, value: boolean) => Type.Boolean({ description, default: value })
const integer = (description: string, options: KeyOptions) => Type.Integer({ description, ...options })
const list = (description: string, value: readonly string[]) => Type.Array(Type.String({ maxLength: 255 }), { description, default: value, maxItems: 1000 })
const section = <T extends TProperties>(description: string, keys: T): TObject<T> => Type.Object(keys, { description, additionalProperties: false })

/** Every section and key of barmanapi.conf, the seed's and ours, each with its type, unit and default. */
export const ConfigSchema = Type.Object({
  user: section('Where users live', {
    config_file: text('The users file; blank: `client.conf` in the store'),
    secret: text('Pepper of the password hashes; blank: made once and kept in the store', { secret: true })
  }),
  application: section('The service', {
    store_directory: text('Folder of jobs, catalogues, secrets and logs', { default: '/var/lib/barmanapi' }),
    host: text('Address to listen on', { default: '127.0.0.1' }),
    port: integer('Port to listen on; 0 chooses a free one', { default: 1935, minimum: 0, maximum: 65535 }),
    debug: flag('Log more', false),
    reply_wait: integer('How long a reply waits for a changing command before it becomes a 202', { default: 60, unit: 's', minimum: 1, maximum: 600 }),
    public_docs: flag('`/docs` and `/openapi.json` without login', true),
    trusted_proxies: list('Addresses of proxies whose X-Forwarded-For counts', []),
    public_url: text('Where users reach the service, for links such as those of webhooks; blank: links are paths', { pattern: '^https?://[^\\s?#]+$', expected: 'a URL such as https://backup.example.com' })
  }),
  barman: section('Barman on this machine', {
    config_file: text('The file for `barman --config`; blank: Barman searches by itself'),
    command: text('The program', { default: '/usr/bin/barman' }),
    remote: flag('Reach Barman over SSH', false),
    remote_ssh: text('`ssh [-p N] [-i FILE] [user@]host`, with `remote`'),
    async_command: list('Commands that answer 202 with a ticket', ['backup', 'cron', 'recover', 'restore']),
    read_timeout: integer('After which a read is ended and answers 504', { default: 60, unit: 's', minimum: 1, maximum: 3600 }),
    warm: Type.Union([Type.Literal('auto'), Type.Literal('off')], { description: 'Whether reads are answered by a resident Python with Barman imported, where that says the same as a plain process', default: 'auto' }),
    max_wal_bytes: integer('The largest WAL archive that put-wal takes', { default: 1_073_741_824, unit: 'bytes', minimum: 1, maximum: 1e15 })
  }),
  auth_token: section('Tokens', {
    secret: text('Key that signs tokens; blank: made once and kept in the store', { secret: true }),
    algorithm: Type.Literal('HS256', { description: 'The signature', default: 'HS256' }),
    token_life: integer('How long a token is good', { default: 6000, unit: 's', minimum: 1, maximum: 31_536_000 }),
    in_query: flag('Accept `?token=` and passwords in a query, as barmanapi 0.3 did', true)
  }),
  log: section('Where the log goes: with this section to `logs/barmanapi.log` in the store, else to the console', {
    backup_count: integer('How many full log files are kept', { default: 5, minimum: 1, maximum: 1000 }),
    max_bytes: integer('Size at which a log file is full', { default: 20_000, unit: 'bytes', minimum: 1000, maximum: 1e12 })
  }),
  audit: section('The audit log: `logs/audit.log` in the store', {
    backup_count: integer('How many full files are kept', { default: 20, minimum: 1, maximum: 100 }),
    max_bytes: integer('Size at which a file is full', { default: 10_000_000, unit: 'bytes', minimum: 1000, maximum: 1e12 })
  }),
  jobs: section('Long work', {
    slots: integer('Long jobs that run at once; two more are kept for restores', { default: 4, minimum: 1, maximum: 1000 }),
    queue: integer('Jobs that may wait', { default: 100, minimum: 0, maximum: 100_000 }),
    min_free_bytes: integer('Room on the disk of the store below which no new job is taken (507); 0: never', { default: 268_435_456, unit: 'bytes', minimum: 0, maximum: 1e15 })
  }),
  policy: Type.Record(Type.String(), Type.String(), {
    description: "The operator's word on commands and options, such as `backup = operate` or `restore.destination_directory = free`", default: {}
  })
}, { additionalProperties: false })

/** One `[target NAME]`: a place to restore to. */
export const TargetSchema = section('A place to restore to', {
  directory: Type.String({ description: 'Destination directory, on the machine that the ssh command reaches, else beside Barman', pattern: '^/', maxLength: 4095, default: '', isRequired: true }),
  ssh_command: text('For `--remote-ssh-command`; blank: restore beside Barman')
})

/** One `[webhook NAME]`: who is told of what happens. */
export const WebhookSchema = section('Who is told of what happens', {
  url: text('Where to POST, https:// or http://', { isRequired: true }),
  secret: text('Key of the signature: base64 of 24 to 64 bytes, as `openssl rand -base64 32` makes it; several with blanks between them, while it changes', { secret: true, isRequired: true }),
  events: list('Which events, `*` and `?` allowed', ['job.succeeded', 'job.failed', 'job.canceled', 'job.timed_out', 'job.unknown', 'backup.overdue']),
  servers: list('Of which servers, `*` and `?` allowed; blank: of all, and what is about none', []),
  allow_local: flag('It may be on this machine, or on a link-local address', false),
  overdue_hours: integer('Age of the newest good backup after which `backup.overdue` is sent; 0: never', { default: 26, unit: 'h', minimum: 0, maximum: 8760 })
})
export type WebhookSettings = Static<typeof WebhookSchema>

type Checked = Static<typeof ConfigSchema>

/** The configuration as checked: every key has a value. `log` is null without its section; blank paths and secrets are filled in by `resolve`. */
export type Config = Omit<Checked, 'log'> & {
  /** The sections `[target NAME]`: where restores may go without the scope `exec`. */
  readonly targets: ReadonlyMap<string, Static<typeof TargetSchema>>
  /** The sections `[webhook NAME]`. */
  readonly webhooks: ReadonlyMap<string, WebhookSettings>
  /** The file that was read; null where there was none. */
  readonly file: string | null
  readonly log: Checked['log'] | null
}
