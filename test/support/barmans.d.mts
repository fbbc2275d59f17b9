/** A Barman unpacked here, or the reason why there is none. */
export type Barman =
  | { readonly version: string, readonly barman: string, readonly python: string, readonly pythonPath: string, readonly missing?: undefined }
  | { readonly version: string, readonly missing: string }

export const VERSIONS: readonly string[]
export const DEFAULT_FOLDER: string
export function barmans (folder?: string, versions?: readonly string[]): Promise<Barman[]>
