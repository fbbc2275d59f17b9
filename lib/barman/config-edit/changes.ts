import type { ConfigChange } from '../../../schemas/config-change.ts'
import { type MergedConfig, type MergedOption, mergeFiles } from '../../dialect/barman-files.ts'
import type { ConfigTree } from './tree.ts'

export type Change = ConfigChange['changes'][number]

/** Every option whose value differs between two trees, that of references too; secrets are in it. */
export function changesBetween (before: ConfigTree, after: ConfigTree): Change[] {
  const [old, now] = [before, after].map((tree) => mergeFiles(tree.files, tree.dialect)) as [MergedConfig, MergedConfig] // two in, two out
  return [...new Set([...old.sections.keys(), ...now.sections.keys()])].flatMap((section) => {
    const [was, is] = [old.sections.get(section), now.sections.get(section)]
    return [...new Set([...was?.keys() ?? [], ...is?.keys() ?? []])].flatMap((key) => changeOf(section, key, was?.get(key), is?.get(key)))
  })
}

function changeOf (section: string, key: string, was: MergedOption | undefined, is: MergedOption | undefined): Change[] {
  const [before, after] = [was?.value ?? null, is?.value ?? null]
  return before === after && !was === !is ? [] : [{ section, key, file: (is ?? was)?.source ?? '', before, after }]
}
