/**
 * What a look at one file of the volume found. `reason` is a clause: `is a symbolic link`. `passes`: it says nothing of
 * the file; a later look, or another user's, may find what is there.
 */
export type ReadResult =
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly reason: string; readonly passes: 'soon' | 'perhaps' | 'never' }
  | { readonly kind: 'read'; readonly bytes: Buffer; readonly owner: number };

/** An open regular file; the caller closes the descriptor. */
export interface OpenFile {
  readonly descriptor: number;
  readonly size: number;
  /** The user's number. */
  readonly owner: number;
}

/** Too many open files or too little memory, a disk or a server that does not answer now: trying again may help. */
export function isPassing(code: string | null): boolean {
  return ['EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'ESTALE', 'EINTR', 'EAGAIN'].includes(code ?? '');
}

/** Whether what kept a file from being read will be over soon, or perhaps: rights may be given by somebody. */
export function passing(code: string | null): 'soon' | 'perhaps' | 'never' {
  if (isPassing(code)) return 'soon';
  return code === 'EACCES' || code === 'EPERM' ? 'perhaps' : 'never';
}
