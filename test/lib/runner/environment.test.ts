import t from 'tap'
import { barmanEnvironment } from '../../../lib/runner/environment.ts'

const FIXED = { COLUMNS: '10000', LANG: 'C.UTF-8', NO_COLOR: '1', TERM: 'dumb', SETUPTOOLS_USE_DISTUTILS: 'stdlib' }

t.test('what would change barman, or is ours alone, is not passed on', async (t) => {
  const dropped = ['BARMAN_CONFIG_FILE', 'BARMANAPI_USER_SECRET', 'BARMANAPI_AUTH_TOKEN_SECRET_FILE', '_ARGCOMPLETE', 'ARGCOMPLETE', '_ARGCOMPLETE_IFS', 'FORCE_COLOR', 'CLICOLOR',
    'CLICOLOR_FORCE', 'LINES', 'PYTHONPATH', 'PYTHONHOME', 'PYTHON_COLORS', 'PYTHONSTARTUP', 'LC_ALL', 'LC_MESSAGES', 'LANGUAGE', 'NODE_OPTIONS', 'npm_config_prefix', 'PGPASSWORD']
  t.strictSame(barmanEnvironment({ PATH: '/bin', ...Object.fromEntries(dropped.map((name) => [name, 'x'])) }), { PATH: '/bin', ...FIXED })
})

t.test('what barman needs is passed on', async (t) => {
  const kept = { PATH: '/opt/bin', HOME: '/var/lib/barman', KRB5CCNAME: 'x', SSH_AUTH_SOCK: 'x', AWS_PROFILE: 'x', PGPASSFILE: 'x', PGSSLMODE: 'x', HTTPS_PROXY: 'x', TZ: 'UTC', BARMAN_OTHER: 'x' }
  t.strictSame(barmanEnvironment(kept), { ...kept, ...FIXED })
})

t.test('what is ours wins, and a path there always is', async (t) => {
  t.strictSame(barmanEnvironment({ COLUMNS: '80', LANG: 'tr_TR', TERM: 'xterm', NO_COLOR: '', HOME: undefined }), { PATH: '/usr/local/bin:/usr/bin:/bin', ...FIXED })
})
