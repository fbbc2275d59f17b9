import t from 'tap'
import { readOutput, type RawOutput } from '../../../lib/barman/output.ts'

function json (document: unknown, rest: Partial<RawOutput> = {}) {
  return readOutput({ format: 'json', command: 'list-backups', exitCode: 0, stdout: typeof document === 'string' ? document : JSON.stringify(document), stderr: '', ...rest })
}

function text (stdout: string, stderr: string, rest: Partial<RawOutput> = {}) {
  return readOutput({ format: 'console', command: 'backup', exitCode: 0, stdout, stderr, ...rest })
}

t.test('a document is Barman\'s own, without its messages', async (t) => {
  t.same(json({ main: [{ backup_id: 'x' }], _WARNING: ['w'], _DEBUG: ['d'] }), {
    result: { main: [{ backup_id: 'x' }] }, output: [], errors: [], warnings: ['w'], infos: ['d']
  })
  t.match(json({ _ERROR: ["Unknown server 'nosuch'"], main: [] }, { exitCode: 1 }), { result: { main: [] }, errors: ["Unknown server 'nosuch'"] }, 'partial success')
  t.match(json({ _EXCEPTION: ['boom\nSee log file for more details.'], a: {} }, { exitCode: 1 }), { result: { a: {} }, errors: [/^boom/] })
  t.match(json({ backup_id: '20260131T020000', status: 'DONE', _INFO: ['Starting backup', 'Backup size: 1 MiB\n'] }, { command: 'backup' }), {
    result: { backup_id: '20260131T020000', status: 'DONE' }, output: ['Starting backup', 'Backup size: 1 MiB'], infos: ['Starting backup', 'Backup size: 1 MiB']
  }, 'a flat document')
})

t.test('nothing but messages is no document', async (t) => {
  t.same(json({ _INFO: ['/a', '/b\n/c'] }, { command: 'list-files' }), { result: null, output: ['/a', '/b', '/c'], errors: [], warnings: [], infos: ['/a', '/b\n/c'] })
  t.equal(json({}, { command: 'check-backup' }).result, null)
  t.same(json({}, { command: 'list-servers' }).result, {}, 'but a list of none is a list')
  t.equal(json({ _ERROR: ['Conflicting path: x'] }, { command: 'list-servers', exitCode: 1 }).result, null)
})

t.test('servers may have the names of messages', async (t) => {
  t.match(json({ _ERROR: { description: 'E' }, _WARNING: ['w'] }, { command: 'list-servers' }), { result: { _ERROR: { description: 'E' } }, errors: [], warnings: ['w'] })
  t.match(json({ _ERROR: [], _EXCEPTION: [] }), { result: { _ERROR: [], _EXCEPTION: [] }, errors: [] }, 'without backups')
  t.same(json({ _ERROR: ['20260131T020000'] }).result, { _ERROR: ['20260131T020000'] }, '--minimal')
  t.match(json({ _ERROR: [{ backup_id: 'x' }, 'a message'] }, { exitCode: 1 }), { result: { _ERROR: [{ backup_id: 'x' }] }, errors: ['a message'] })
  t.match(json({ _ERROR: {}, _EXCEPTION: ["'dict' object has no attribute 'append'"] }, { exitCode: 1 }), { result: { _ERROR: {} }, errors: [/append/] })
})

t.test('members with the names of prototypes are members', async (t) => {
  const { result } = json('{"__proto__":{"polluted":true},"constructor":{"x":1},"toString":["m"]}')
  t.same(Object.keys(result as object), ['__proto__', 'constructor', 'toString'])
  t.equal(Object.getPrototypeOf(result), Object.prototype)
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

t.test('where no JSON came, standard error is read', async (t) => {
  t.match(json('', { exitCode: 1, stderr: "Configuration file '/x' does not exist\n" }), { result: null, errors: ["Configuration file '/x' does not exist"] })
  t.match(json('', { exitCode: 1, stderr: "ERROR: please run barman as 'barman' user\n" }), { errors: ["please run barman as 'barman' user"] })
  t.same(json('', { exitCode: 2, stderr: 'usage: barman check [-h]\n              server_name\nbarman check: error: the following arguments are required: server_name\n' }).errors,
    ['barman check: error: the following arguments are required: server_name'])
  const source = "Source contains parsing errors: '/x'\n\t[line  6]: 'oops\\n'\nSee log file for more details.\n"
  t.same(json('', { exitCode: 1, stderr: `EXCEPTION: ${source}${source}Traceback (most recent call last):\n  File "x"\nconfigparser.ParsingError: x\n` }).errors, [source.trimEnd()])
  t.match(json('help of a sub-command\n{}'), { result: null, output: ['help of a sub-command', '{}'] })
})

t.test('what nobody announced is an error only where nothing else is', async (t) => {
  const noise = "bash: warning: setlocale: cannot change locale\nWarning: Permanently added 'h'\n"
  t.match(text('fine', noise), { output: ['fine'], errors: [], warnings: noise.trimEnd().split('\n') })
  t.match(text('', `${noise}ERROR: real\n`, { exitCode: 1 }), { errors: ['real'], warnings: [/setlocale/, /Permanently/] })
  t.match(json({ _ERROR: ['real'] }, { exitCode: 1, stderr: noise }), { errors: ['real'], warnings: [/setlocale/, /Permanently/] })
  t.match(json({ main: {} }, { command: 'check', exitCode: 1, stderr: noise }).errors, [], 'a failed check is a report')
  t.match(text('', 'Traceback (most recent call last):\n  File "x"\nModuleNotFoundError: No module named barman\n', { exitCode: 1 }).errors, ['ModuleNotFoundError: No module named barman'])
})

t.test('console text is lines, and messages keep what goes on below them', async (t) => {
  t.same(text('\u001b[31mServer main:\u001b[0m\n\tPostgreSQL: OK\r\n\n', '\u001b[33mWARNING: a\n b\u001b[0m\n\u001b[31mERROR: Backup failed\nDETAILS: 143\u001b[0m\nERROR: next\nDEBUG: seen\n', { exitCode: 1 }), {
    result: null, output: ['Server main:', '\tPostgreSQL: OK'], errors: ['Backup failed\nDETAILS: 143', 'next'], warnings: ['a\n b'], infos: ['seen']
  })
  t.same(text('', ''), { result: null, output: [], errors: [], warnings: [], infos: [] })
})

t.test('commands that print JSON unasked have a result', async (t) => {
  t.match(text('{\n  "global": {"config": {}},\n "servers": {}\n}\n', 'WARNING: w\n', { command: 'diagnose' }), { result: { global: { config: {} }, servers: {} }, output: [], warnings: ['w'] })
  t.match(text('not json', '', { command: 'sync-info' }), { result: null, output: ['not json'] })
  t.match(text('{"a":1}', ''), { result: null, output: ['{"a":1}'] }, 'others that print braces print text')
  t.match(json({ _INFO: [JSON.stringify({ global: {}, servers: {} }, null, 4)], _WARNING: ['w'] }, { command: 'diagnose' }), { result: { global: {}, servers: {} }, output: [], infos: [], warnings: ['w'] }, 'encoded twice')
})
