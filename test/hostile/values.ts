/** Texts that an attacker, a fuzzer or a slip of the hand sends: none is a good name, id, number, choice or path unless a test says so. */
export const TEXTS: readonly string[] = [
  // Options, whole and in disguise
  '--help', '-h', '--', '-', '-x', '-c/etc/passwd', '--version', '--config=/tmp/x', '-c', '--format=json', '--debug', '--quiet', '--remote-ssh-command=touch /tmp/x', '--remote-ssh-command', '--get-wal', '--nagios',
  '--=', '---', '-- main', '--help=', '-\u00a0-help', '\u2013\u2013help', '\u2014help', '\uff0d\uff0dhelp', '\u2212x', ' --help', '\u00a0--help', '@/etc/passwd', '@file', '+x',
  // Paths that leave their place
  '..', '.', '../', '../..', '../../../../etc/passwd', '/..', '/../etc/passwd', '/srv/../etc', '/srv/./x', '//../x', './x', '..\\..\\windows', '..%2f..%2fetc', '%2e%2e%2f', '%2e%2e/', '..%252f..%252fetc', '%c0%ae%c0%ae/',
  '....//....//etc', '..;/', '/srv/..', '~', '~root', '~/.ssh/id_rsa', 'file:///etc/passwd', 'C:\\x', '\\\\host\\share', '/proc/self/environ/..', '\u2025/etc', '\uff0e\uff0e/etc', '..\u2215etc', 'x/../../y', 'main/../pg-1', 'main/',
  // Control characters in the middle, in front and behind
  ...Array.from({ length: 33 }, (_, index) => `ma${String.fromCharCode(index === 32 ? 127 : index)}in`),
  '\u0000', '\u0000main', 'main\u0000', 'main\n', '\nmain', 'main\r\n', 'main\t', '\u0085', 'a\u0085b', '\u009b31m', 'a\u2028b', 'a\u2029b', 'main\nERROR: x', 'x\r\nSet-Cookie: a=b', '\u001b[31mred\u001b[0m', '\u001b]0;title\u0007', '\u0008\u0008\u0008', '\u007f',
  // Words of shells, formats and languages
  '$(id)', '`id`', '$' + '{IFS}id', '$HOME', '; id', 'main; id', 'main && id', 'main | id', '|id', '& id', '> /tmp/x', '< /etc/passwd', '*', '?', '[a-z]', '{a,b}', '!!', '#', 'main # x', "'", '"', "''", '""', "main'", 'main"', "' OR '1'='1", "'; DROP TABLE x; --", '\\', '\\\\', '\\n', '\\x00', 'main\\',
  '%s', '%n%n%n%n', '%d', '%(barman_home)s', '%', '%%', '{}', '{0}', '$' + '{7*7}', '{{7*7}}', '#{7*7}', '<%= 7 %>', '<script>alert(1)</script>', '<!--', ']]>', '&lt;', '&#0;', 'javascript:alert(1)', '%00', '%0a', '%0d%0aX: y', '\\u0000', '=cmd|x', 'a=b', 'a&b', 'a?b', 'a,b',
  // Empty, blank and long
  '', ' ', '  ', '\u00a0', '\u3000', '\u200b', '\ufeff', ' main', 'main ', '\u00a0main', 'm ain', 'a'.repeat(256), 'a'.repeat(4096), 'a'.repeat(4097), 'a'.repeat(20_000), '/'.repeat(5_000), `/${'a/'.repeat(3_000)}`, '../'.repeat(1_000), '-'.repeat(300), '9'.repeat(400), '\u00e9'.repeat(2_100), '\ud83d\ude00'.repeat(1_100),
  // Unicode that looks like something else
  '\u202emain', 'ma\u202ein', '\u2066main\u2069', 'ma\u200din', 'ma\u00adin', 'm\u0430in', '\uff4d\uff41\uff49\uff4e', 'main\u0301', 'a\u0300\u0301\u0302\u0303\u0304'.repeat(20), '\ud83d\ude00', '\u0130', '\u1e9e', '\ufb01le', '\ufdfa', '\ufffd', '\ufffe', '\u{10ffff}', '\u0660\u0661', '\u0663', '\u0967', '\uff11', '\u00b2', '\u2460', '\u2155',
  // Numbers that are none, or too much
  '-1', '+1', ' 1', '1 ', '1.5', '1.0', '.5', '1.', '1e3', '1E3', '1e400', '0x10', '0b1', '0o7', '1_000', '1,000', '1\u00a0000', '-0', '00x', 'Infinity', '-Infinity', 'NaN', '9007199254740993', '18446744073709551616', '4294967296', '99999999999999999999999', '1;2', '1 2', '1\n', '١', 'null', 'undefined', 'None', 'nil',
  // Booleans as words
  'yes', 'no', 'on', 'off', 'TRUE', 'True', 'False', 'FALSE', 't', 'f', 'y', 'n', 'enabled', 'true ', ' true', 'true,false',
  // Ids and times that only look right
  'a', 'fail', 't-f', 'st-failed', 'ast', '20260131', '20260131T0200', '20260131T020000Z', '20260131t020000/..', '2026-02-30 00:00:00', '2026-13-01 00:00:00', '2026-01-31 25:00:00', '2026-01-31', '2026-01-31 02:00:00 02:00', '2026-01-31T02:00:00 02', '31.01.2026 02:00:00', 'tomorrow', 'now()', '1970-01-01', '2026-01-31 02:00:00+99:00', "2026-01-31 02:00:00'", '00000001000000000000000', '0000000100000000000000011', '00000001000000000000000g', '000000010000000000000001.partial/..', '000000010000000000000001.gz', '00000001.history\n', '0/', '/0', '0/30000600000', 'x/y', '0\\3000060',
  // Names of objects and reserved words
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '[object Object]', 'ALL', 'All', 'all ', 'barman', '_ERROR', 'NUL', 'con', '.htaccess',
  // Other languages of values
  '[]', '{"a":1}', '["main"]', '[{"scope":"server"}]', '[{"scope":"server","server_name":"barman","x":"1"}]', '[{"scope":"server","server_name":"main","ssh_command":"a%b"}]', '<xml/>', 'a: b', 'k:v', ':', 'a:', ':/b', 'a:b', 'a:/b/../c', 'a/b:/c', '1Gi2', '1GB', '1 Gi', 'Gi', '-1Gi'
]

/** What JSON can hold where a text, a number or a flag is wanted. */
export const JSON_VALUES: readonly unknown[] = [
  null, {}, [], [[]], [[['main']]], [null], [{}], [1], [true], { length: 1, 0: 'main' }, { toString: 'main' }, { constructor: {} }, -1, 1.5, 1e21, 2 ** 53, -(2 ** 53), 4294967296, true, false, 0, [''], ['main', 'main', null], Array.from({ length: 300 }, () => 'a'), [['--help']], '\ud800', 'a\udfffb', '\udc00\ud800'
]
