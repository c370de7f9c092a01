/** One file of the package, by its path below `/`. */
export interface PackageFile {
  readonly path: string;
  readonly mode: number;
  readonly content: PackageContent;
}

/** Text or bytes, the path of a file to copy, or the target of a symbolic link. */
export type PackageContent = string | Uint8Array | { readonly copyOf: string } | { readonly linkTo: string };

/** A file that anybody may read. */
export function plainFile(path: string, content: PackageContent): PackageFile {
  return { path, mode: 0o644, content };
}

/** A symbolic link beside its target. */
export function linkBeside(path: string, target: string): PackageFile {
  return { path, mode: 0o777, content: { linkTo: target } };
}
