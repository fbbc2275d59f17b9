import { realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import type { BaseLogger } from 'pino'
import type { ConfigChange, ConfigVersion } from '../../../schemas/config-change.ts'
import { isEmptyConfig } from '../../dialect/config-edit.ts'
import { unifiedDiff } from '../../edits/diff.ts'
import type { KeptFiles } from '../../edits/kept-files.ts'
import type { FileEdit } from '../../edits/put-file.ts'
import { AppError } from '../../errors.ts'
import { maySee } from '../../users/access.ts'
import type { User } from '../../users/user.ts'
import type { Host } from '../host.ts'
import { redact, redactDeep } from '../redact.ts'
import { type Change, changesBetween } from './changes.ts'
import { checkEditable, checkEffect, checkScopes, checkSections, checkSeesAll, type Claim, needsOf } from './checks.ts'
import { Judge } from './judge.ts'
import { type ConfigTree, readTree, type TreeFile, versionOf, withTexts } from './tree.ts'
import { type CreateRequest, createTexts, deleteTexts, type Texts, textsFor, wantedOf } from './texts.ts'

/** How an edit is to be carried out. */
export interface EditOptions {
  readonly dryRun?: boolean
  /** The version that the caller saw, of `If-Match`. */
  readonly ifMatch?: string
}

interface Plan extends Claim {
  readonly action: string
  readonly texts: Texts
}

/** Edits barman.conf and the files it includes, of one host: nothing is written that Barman has not read and taken. */
export class ConfigEditor {
  readonly #host: Host
  readonly #judge: Judge
  readonly #kept: KeptFiles
  readonly #log: Pick<BaseLogger, 'info'>

  constructor (host: Host, kept: KeptFiles, log: Pick<BaseLogger, 'info'>) {
    this.#host = host
    this.#judge = new Judge(host)
    this.#kept = kept
    this.#log = log
  }

  /** Sets and removes keys, by `section.key`; throws `bad-request`, `unknown-server`, `forbidden`, `refused-by-barman`, `file-not-writable`, `unsafe-change`. */
  async change (user: User, changes: Readonly<Record<string, unknown>>, unset: readonly string[], options: EditOptions = {}): Promise<ConfigChange> {
    const wanted = wantedOf(changes, unset)
    return this.#edit(user, options, async (tree) => {
      const sections = [...new Set(wanted.map(({ section }) => section))]
      checkSections(tree, sections, user)
      return { action: 'change', sections, texts: textsFor(tree, wanted), wanted, needs: needsOf(wanted) }
    })
  }

  /** Makes a section of its own file, where Barman includes a folder; from a template of that folder where one is named. Throws `section-exists`, too. */
  async create (user: User, request: CreateRequest, options: EditOptions = {}): Promise<ConfigChange> {
    return this.#edit(user, options, async (tree) => {
      if (!maySee(user, request.section)) throw new AppError('forbidden', '`servers` of this user leaves that name out')
      return { action: 'create', sections: [request.section], texts: await createTexts(this.#host, tree, request) }
    })
  }

  /** Removes a section wherever it stands, and a file of which nothing else is left. Its backups stay on disk, known to nobody. */
  async delete (user: User, section: string, options: EditOptions = {}): Promise<ConfigChange> {
    return this.#edit(user, options, async (tree) => {
      if (section === 'barman') throw new AppError('bad-request', 'Without [barman] there is no Barman', { errors: [{ pointer: '/section', detail: 'may not be barman' }] })
      checkSections(tree, [section], user)
      return { action: 'delete', sections: [section], texts: deleteTexts(tree, section), needs: [{ scope: 'destroy', what: section }] }
    })
  }

  /** Brings the files of one edit back as they were before it; itself an edit, which can be restored. Throws `not-found`, too. */
  async restore (user: User, id: string, options: EditOptions = {}): Promise<ConfigChange> {
    checkSeesAll(user)
    const { files } = await this.#kept.get(id)
    return this.#edit(user, options, async (tree) => {
      const texts = new Map(await Promise.all(files.map(async ({ path, before }) => [await pathIn(tree, path), before] as const)))
      const sections = [...new Set(changesBetween(tree, withTexts(tree, texts)).map(({ section }) => section))]
      return { action: 'restore', sections, texts }
    })
  }

  /** What was edited, newest first; of each edit the files as they were before it can be restored. */
  async versions (user: User): Promise<ConfigVersion[]> {
    checkSeesAll(user)
    return (await this.#kept.list()).map(({ id, at, user, action, files }) => ({
      id, at, user, action, files: files.map(({ path }) => path), diff: diffOf(files)
    }))
  }

  async #edit (user: User, { dryRun = false, ifMatch }: EditOptions, planFor: (tree: ConfigTree) => Promise<Plan>): Promise<ConfigChange> {
    return this.#kept.exclusively(async () => {
      const tree = await readTree(this.#host)
      if (ifMatch !== undefined && ifMatch !== versionOf(tree)) throw new AppError('precondition-failed', 'The configuration was changed since that version')
      const plan = await planFor(tree)
      const next = withTexts(tree, plan.texts)
      const changes = changesBetween(tree, next)
      checkScopes(user, plan, tree, next, changes)
      checkEffect(plan, changes, next)
      const edits = await editsOf(tree, plan.texts)
      const done = { isAtomic: true, id: null as string | null }
      if (edits.length > 0) {
        await this.#judge.check(tree, next)
        if (!dryRun) Object.assign(done, await this.#apply(user, plan.action, edits))
      }
      return {
        host: this.#host.name,
        changed: edits.length > 0,
        dryRun,
        atomic: done.isAtomic,
        keptAs: done.id,
        version: versionOf(dryRun ? tree : await readTree(this.#host)),
        files: edits.map(({ path }) => path),
        changes: changes.map(masked),
        diff: diffOf(edits)
      }
    })
  }

  async #apply (user: User, action: string, edits: readonly FileEdit[]): Promise<{ id: string, isAtomic: boolean }> {
    const done = await this.#kept.apply(user.name, action, edits)
    this.#host.forget()
    this.#log.info({ host: this.#host.name, user: user.name, action, files: edits.map(({ path }) => path), keptAs: done.id }, 'configuration of barman changed')
    return done
  }
}

/** Hides the value of a key that names a secret as well as secrets within a value. */
function masked ({ section, key, file, before, after }: Change): Change {
  const hide = (value: string | null) => redactDeep({ [key]: value })[key] ?? null
  return { section, key, file, before: hide(before), after: hide(after) }
}

function diffOf (edits: readonly FileEdit[]): string {
  return redact(edits.map(({ path, before, after }) => unifiedDiff(path, before, after)).join(''))
}

/** What is to be written, links resolved; refuses what is not ours to edit. */
async function editsOf (tree: ConfigTree, texts: Texts): Promise<FileEdit[]> {
  const main = tree.files[0]
  const edits = await Promise.all([...texts].map(async ([path, after]) => {
    const file = tree.files.find((file) => file.path === path)
    if (file) checkEditable(file)
    const { mode } = await stat(await absolute((file ?? main)?.path ?? path)) // a new file is as open as the main one
    return { path: await absolute(path), mode: mode & 0o777, before: file?.text ?? null, after: file && after !== null && isGone(file, after, main) ? null : after }
  }))
  return edits.filter(({ before, after }) => before !== after)
}

/** An included file without anything but comments goes; the main one stays. */
function isGone (file: TreeFile, after: string, main: TreeFile | undefined): boolean {
  return file !== main && !isEmptyConfig(file.text) && isEmptyConfig(after)
}

/** The name under which the tree knows a file that may be reached by a link. */
async function pathIn (tree: ConfigTree, path: string): Promise<string> {
  const names = await Promise.all(tree.files.map(async (file) => [await absolute(file.path), file.path] as const))
  return names.find(([real]) => real === path)?.[1] ?? (tree.directory === null ? path : join(tree.directory, basename(path)))
}

async function absolute (path: string): Promise<string> {
  const full = path.startsWith('~/') ? join(homedir(), path.slice(2)) : path
  return realpath(full).catch(() => full) // a new file has no links
}
