// Compiles TypeScript into dist/ and copies beside it the real files that the code runs or reads (run.sh and its like).
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { status } = spawnSync(process.execPath, [tsc, '-p', root], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

for (const folder of ['lib', 'test']) copyBeside(folder)
chmodSync(join(root, 'dist', 'cli.js'), 0o755)

function copyBeside (folder) {
  for (const name of readdirSync(join(root, folder), { recursive: true })) {
    const source = join(folder, name)
    if (/\.ts$/.test(name) || !statSync(join(root, source)).isFile()) continue
    mkdirSync(dirname(join(root, 'dist', source)), { recursive: true })
    cpSync(join(root, source), join(root, 'dist', source))
  }
}
