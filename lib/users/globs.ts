/** True if the glob stands for the name: `*` for any text, `?` for one character, all else for itself. At most name times glob steps. */
export function globMatches (glob: string, name: string): boolean {
  return match([...glob], [...name], () => true)
}

/** True if whatever the narrow glob matches, the wide one matches too; for some odd pairs a careful false. */
export function globCovers (wide: string, narrow: string): boolean {
  return match([...wide], [...narrow], (character) => character !== '*')
}

/** Goes back to the last `*` alone, which is enough: what an earlier one could take, the later can as well. */
function match (glob: readonly string[], name: readonly string[], isOne: (character: string) => boolean): boolean {
  let at = 0
  let star = -1
  let afterStar = 0
  for (let here = 0; here < name.length;) {
    const wanted = glob[at]
    if (wanted === '*') {
      star = at++
      afterStar = here
    } else if (wanted === '?' ? isOne(name[here] ?? '') : wanted === name[here]) {
      at++
      here++
    } else if (star >= 0) {
      at = star + 1
      here = ++afterStar
    } else return false
  }
  return glob.slice(at).every((rest) => rest === '*')
}
