import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { loadConfig } from '../../../lib/config/load.ts'
import { ConfigSchema } from '../../../lib/config/schema.ts'
import { showConfig } from '../../../lib/config/show.ts'
import { OwnSettings } from '../../../schemas/config.ts'

t.test('every key is shown with its default, its unit and its words; no secret is', async (t) => {
  const env = { BARMANAPI_USER_SECRET: 's3cr3t', BARMANAPI_AUTH_TOKEN_SECRET: 's3cr3t', BARMANAPI_APPLICATION_PORT: '7', BARMANAPI_BARMAN_REMOTE_SSH: 'sshpass -p s3cr3t ssh password=s3cr3t' }
  const shown = showConfig(loadConfig({ file: '/no/such/file', optional: true, env }))
  t.ok(Value.Check(OwnSettings, shown))
  t.notMatch(JSON.stringify(shown.sections['user']), 's3cr3t')
  t.notMatch(JSON.stringify(shown.sections['auth_token']), 's3cr3t')
  t.notMatch(JSON.stringify(shown.sections['barman']), 'password=s3cr3t')
  t.equal(shown.file, null)
  t.match(shown.sections, {
    user: { secret: { value: null, isSecret: true } },
    auth_token: { secret: { value: null, isSecret: true }, token_life: { value: 6000, default: 6000, unit: 's', isSecret: false } },
    application: { port: { value: 7, default: 1935 }, debug: { value: false } },
    log: { max_bytes: { value: null, default: 20_000, unit: 'bytes' } }
  })
  for (const [section, keys] of Object.entries(shown.sections)) {
    for (const [key, { description }] of Object.entries(keys)) t.ok(description.length > 3, `[${section}] ${key} has words`)
  }
})

t.test('a key that holds a secret is marked as one', async (t) => {
  for (const [section, schema] of Object.entries(ConfigSchema.properties)) {
    for (const [key, { secret }] of Object.entries('properties' in schema ? schema.properties as Record<string, { secret?: boolean }> : {})) {
      if (/secret|password|key$|token$/.test(key)) t.equal(secret, true, `[${section}] ${key}`)
    }
  }
})
