import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { barmanapi, CLI, makeSite } from './lib/cli/support.ts'
import { realCatalogue } from './lib/barman/policy-fixtures.ts'
import { pathOf } from './lib/runner/support.ts'

t.setTimeout(120_000)

t.test('help and version need nothing and go to standard output', async (t) => {
  for (const args of [['--help'], ['-h'], ['help'], ['runserver', '--help'], ['user', 'add', '--help']]) {
    const { code, stdout, stderr } = await barmanapi(args)
    t.match({ code, stderr }, { code: 0, stderr: '' }, args.join(' '))
    for (const word of ['runserver', 'init', 'user add NAME', 'user passwd NAME', 'user list', 'user delete NAME', 'catalogue', '--config', '--password-stdin', '--version']) t.match(stdout, word)
  }
  for (const option of ['--version', '-v']) t.match(await barmanapi([option]), { code: 0, stdout: /^\d+\.\d+\.\d+\S*\n$/, stderr: '' })
})

t.test('a wrong call ends with 2, one clear sentence and no stack', async (t) => {
  for (const [args, sentence] of [
    [[], /no command given/],
    [['runsever'], /there is no command `runsever`; see barmanapi --help/],
    [['user'], /there is no command `user`/],
    [['user', 'remove', 'x'], /there is no command `user remove`/],
    [['user', 'add'], /`user add` takes one NAME/],
    [['user', 'add', 'a', 'b'], /`user add` takes one NAME/],
    [['runserver', 'now'], /`runserver` takes no further words/],
    [['runserver', '--barman', 'x'], /`runserver` takes no --barman/],
    [['--nonsense'], /--nonsense/],
    [['runserver', '--config'], /--config/],
    [['constructor'], /there is no command `constructor`/],
    [['user', 'add', 'eve'], /there is no terminal to ask for the password: use --password-stdin/]
  ] as const) {
    const { code, stdout, stderr } = await barmanapi(args)
    t.match({ code, stdout, stderr }, { code: 2, stdout: '', stderr: /^barmanapi: / }, args.join(' '))
    t.match(stderr, sentence)
    t.notMatch(stderr, /\n\s+at /)
  }
})

t.test('what fails for a reason ends with 1, one clear sentence and no stack', async (t) => {
  const { file, folder } = await makeSite(t)
  const broken = join(folder, 'broken.conf')
  writeFileSync(broken, '[application]\nport = x\ndebug = y\n')
  const blocked = join(folder, 'blocked.conf')
  writeFileSync(blocked, `[application]\nstore_directory = ${file}/store\n`)
  for (const [args, sentence] of [
    [['user', 'list', '--config', '/no/such/file'], /\/no\/such\/file: there is no such file$/],
    [['user', 'list', '--config', broken], /2 faults\n {2}\[application\] port must be .*\n {2}\[application\] debug must be true or false$/],
    [['user', 'list', '--config', blocked], /^barmanapi: The store cannot be used: .*\(ENOTDIR\)$/],
    [['user', 'delete', 'nobody', '--config', file], /nobody/],
    [['catalogue', '--barman', '/no/such/barman', '--config', file], /no\/such\/barman/],
    [['catalogue', '--barman', '/bin/true', '--config', file], /./],
    [['user', 'add', 'a/b', '--password-stdin', '--config', file], /./],
    [['user', 'add', 'eve', '--password-stdin', '--scopes', 'read,fly', '--config', file], /scopes\/1: must be one of/]
  ] as const) {
    const { code, stdout, stderr } = await barmanapi(args, { input: 'a long password\n' })
    t.match({ code, stdout }, { code: 1, stdout: '' }, args.join(' '))
    t.match(stderr.trimEnd(), sentence)
    t.match(stderr, /^barmanapi: /)
    t.notMatch(stderr, /\n\s+at /)
  }
})

t.test('init makes store, secrets and one user, once', async (t) => {
  const { file, store } = await makeSite(t)
  const first = await barmanapi(['init', '--user', 'chief', '--config', file])
  t.match(first, { code: 0, stderr: '', stdout: /^User: chief\nPassword: [\w-]{24}\n/m })
  const users = readFileSync(join(store, 'client.conf'), 'utf8')
  const secrets = readFileSync(join(store, 'config', 'secrets'), 'utf8')
  const password = /^Password: (.+)$/m.exec(first.stdout)?.[1] ?? ''
  t.notMatch(users, password)
  for (const name of ['client.conf', 'config/secrets']) t.equal(statSync(join(store, name)).mode & 0o777, 0o600, name)

  t.match(await barmanapi(['init', '--config', file]), { code: 0, stdout: /has users already; nothing was changed/ })
  t.equal(readFileSync(join(store, 'client.conf'), 'utf8'), users)
  t.equal(readFileSync(join(store, 'config', 'secrets'), 'utf8'), secrets)
})

t.test('users are made, listed, changed and removed', async (t) => {
  const { file, store } = await makeSite(t)
  const run = (...args: string[]) => barmanapi([...args, '--config', file], { input: 'a long password\r\n' })
  t.match(await run('user', 'add', 'eve', '--password-stdin', '--scopes', 'read, operate', '--access', "['barman']", '--deny', 'barman/backup', '--servers', 'main,pg-*'), { code: 0, stdout: 'User eve was added\n' })
  t.match(await run('user', 'add', 'bob', '--password-stdin'), { code: 0 })
  t.match(await run('user', 'add', 'bob', '--password-stdin'), { code: 1, stderr: /bob/ })
  const { stdout } = await run('user', 'list')
  t.match((JSON.parse(stdout) as Array<{ username: string }>).sort((a, b) => a.username < b.username ? -1 : 1), [
    { username: 'bob', access: [], deny: [], servers: null, scopes: ['read', 'operate', 'restore', 'destroy', 'config', 'users'] },
    { username: 'eve', access: ['barman'], deny: ['barman/backup'], scopes: ['read', 'operate'], servers: ['main', 'pg-*'] }
  ])
  t.notMatch(stdout, /password|scrypt/)
  const before = readFileSync(join(store, 'client.conf'), 'utf8')
  t.match(await run('user', 'passwd', 'eve', '--password-stdin'), { code: 0, stdout: 'The password of eve was changed\n' })
  t.not(readFileSync(join(store, 'client.conf'), 'utf8'), before)
  t.match(await run('user', 'passwd', 'nobody', '--password-stdin'), { code: 1 })
  t.match(await run('user', 'delete', 'eve'), { code: 0, stdout: 'User eve was deleted\n' })
  t.equal((JSON.parse((await run('user', 'list')).stdout) as unknown[]).length, 1)
  t.match(await barmanapi(['user', 'add', 'nil', '--password-stdin', '--config', file]), { code: 1 }, 'an empty password is none')
})

t.test('the catalogue has the shape that was promised, without any configuration', async (t) => {
  const { barman, file } = await makeSite(t)
  const { code, stdout, stderr } = await barmanapi(['catalogue', '--barman', barman.command])
  t.match({ code, stderr }, { code: 0, stderr: '' })
  const shown = JSON.parse(stdout) as { version: string, commands: Array<{ name: string }> }
  const expected = realCatalogue('3.20.1')
  t.strictSame(Object.keys(shown), ['version', 'commands'])
  t.equal(shown.version, '3.20.1')
  t.strictSame(shown.commands.map(({ name }) => name).sort(), expected.commands.map(({ name }) => name).sort())
  for (const command of shown.commands) {
    const { positionals, options, aliases } = expected.commands.find(({ name }) => name === command.name) ?? { positionals: [], options: [], aliases: [] }
    t.strictSame(Object.keys(command), ['name', 'aliases', 'description', 'positionals', 'options'])
    t.match(command, { aliases, positionals: positionals.map(({ name, nargs, choices }) => ({ name, nargs, choices })), options: options.map(({ names, arity, choices }) => ({ names, arity, choices })) })
  }
  const other = await barmanapi(['catalogue', '--config', file])
  t.equal(other.stdout, stdout, 'the same of the configured program')
})

t.test('whoever has read enough may go', async (t) => {
  const { barman } = await makeSite(t)
  const output = execFileSync('sh', ['-c', `{ "${process.execPath}" "${CLI}" catalogue --barman "${barman.command}"; echo "$?" >&2; } 2>&1 | head -c 20`], { encoding: 'utf8' })
  t.equal(output.length, 20)
  const { stderr } = await barmanapi(['--help'])
  t.equal(stderr, '')
})

t.test('a password is asked for twice on a terminal, and never shown', { skip: pathOf('python3') ? false : 'python3 is not installed' }, async (t) => {
  const { file } = await makeSite(t)
  const ask = (...lines: string[]) => {
    const played = execFileSync('python3', ['-c', TERMINAL, process.execPath, CLI, 'user', 'add', 'eve', '--config', file, '--', ...lines], { encoding: 'utf8' })
    return JSON.parse(played) as { code: number, seen: string }
  }
  const different = ask('a long passphrase', 'another passphrase')
  t.match(different, { code: 1, seen: /Password for eve: \r\nOnce more: \r\nbarmanapi: The two passwords differ/ })
  const same = ask('a long passphrase', 'a long passphrase')
  t.match(same, { code: 0, seen: /Password for eve: \r\nOnce more: \r\nUser eve was added/ })
  for (const { seen } of [different, same]) t.notMatch(seen, 'passphrase')
  t.match(ask('\u0003'), { code: 1, seen: /No password was given/ }, 'Ctrl-C')
  t.match(ask('\u0004'), { code: 1, seen: /No password was given/ }, 'Ctrl-D')
})

/** Runs a program on a terminal of its own, types a line at each prompt, and prints as JSON what was seen. */
const TERMINAL = `
import json, os, pty, sys
split = sys.argv.index('--')
program, lines = sys.argv[1:split], sys.argv[split + 1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(program[0], program)
seen = b''
prompts = [b'Password for eve: ', b'Once more: ']
while True:
    try:
        chunk = os.read(terminal, 1024)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    if lines and prompts and seen.endswith(prompts[0]):
        prompts.pop(0)
        line = lines.pop(0)
        os.write(terminal, (line if len(line) == 1 else line + '\\r').encode())
_, status = os.waitpid(pid, 0)
print(json.dumps({'code': os.waitstatus_to_exitcode(status), 'seen': seen.decode()}))
`
