/**
 * The result of reading one file of the volume. `reason` is a clause: `is a symbolic link`. `retry` tells whether a
 * retry may find something else: the failure may be temporary, or depend on permissions.
 */
export type ReadResult =
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly reason: string; readonly retry: 'soon' | 'perhaps' | 'never' }
  | { readonly kind: 'read'; readonly bytes: Buffer; readonly owner: number };

/** An open regular file; the caller closes the descriptor. */
export interface OpenFile {
  readonly descriptor: number;
  readonly size: number;
  /** The owner's user ID. */
  readonly owner: number;
}

/**
 * Whether an error is temporary: too many open files, too little memory, a disk or a server that does not respond
 * now.
 */
export function isTransient(code: string | null): boolean {
  return ['EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'ESTALE', 'EINTR', 'EAGAIN'].includes(code ?? '');
}

/** Whether the failure to read a file will pass soon, or perhaps, when someone changes its permissions. */
export function retryFor(code: string | null): 'soon' | 'perhaps' | 'never' {
  if (isTransient(code)) return 'soon';
  return code === 'EACCES' || code === 'EPERM' ? 'perhaps' : 'never';
}
