import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { locateManual, parseManual } from '../../../lib/barman/manual.ts'
import { barmans } from '../../support/barmans.mjs'

/** How many parameters each page describes; that of 3.4.0 would be 82, had `log_file` not lost its tag. */
const COUNTS: Readonly<Record<string, number>> = { 2.12: 66, '3.4.0': 81, '3.13.3': 107, '3.20.1': 126 }

for (const found of await barmans()) {
  const page = found.missing === undefined ? pageOf(found.pythonPath) : undefined
  const skip = found.missing ?? (page === undefined && `the package of Barman ${found.version} has no manual page here`)
  t.test(`the manual page of Barman ${found.version} is read whole`, { skip }, async (t) => {
    if (page === undefined) return
    const entries = parseManual(gunzipSync(await readFile(page)).toString())
    const named = new Map(entries.map((entry) => [entry.name, entry]))
    t.equal(entries.length, COUNTS[found.version])
    t.equal(named.size, entries.length, 'each once')
    t.same(entries.filter(({ description }) => description.length < 15 || /\\|Scope:|<#/.test(description)), [], 'in plain words')
    t.same(named.get('backup_method')?.default, 'rsync')
    t.same(named.get('check_timeout')?.default, '30')
    t.same(named.get('conninfo')?.scope.slice(0, 1), ['server'])
    t.same(named.get('compression')?.scope.slice(0, 2), ['global', 'server'])
    t.ok(entries.filter(({ scope }) => scope.length === 0).length <= 5, 'all but a few say where they may stand')
  })
}

/** In an unpacked package the folder of Python's modules lies below the same prefix as the page. */
function pageOf (pythonPath: string): string | undefined {
  const prefix = pythonPath.replace(/\/lib\/python3\/.*$/, '')
  return locateManual(`${prefix}/bin/barman`).find((path) => path.startsWith(prefix) && path.endsWith('.gz') && existsSync(path))
}
