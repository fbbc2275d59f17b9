import type { Catalogue } from '../../lib/barman/catalogue.ts'

const WORDS = `the backup of a server is kept until cron has checked it point-in-time recovery needs every pre-allocated segment see
  --help or -f for more status (all servers) tablespace NAME:LOCATION [optional] {braces} "quoted" wal-archive options: usage: default`.split(/\s+/)

/** The catalogue with a sentence or two everywhere: our own words, with whatever could mislead a reader of help in them. */
export function describe (catalogue: Catalogue): Catalogue {
  let seed = 1
  const next = (below: number): number => (seed = (seed * 48271) % 2147483647) % below // Park and Miller's minimal standard generator
  const sentence = (): string => `It says ${Array.from({ length: 3 + next(18) }, () => WORDS[next(WORDS.length)]).join(' ')}.`
  return JSON.parse(JSON.stringify(catalogue, (key, value: unknown) => key === 'description' ? sentence() : value)) as Catalogue // the same shape
}
