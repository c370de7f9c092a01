import { getSystemErrorMessage, getSystemErrorName } from 'node:util';

/** `ENOSPC: no space left on device` for 28: what the operating system's own errors begin with. */
export function errnoText(errno: number): string {
  return `${getSystemErrorName(-errno)}: ${getSystemErrorMessage(-errno)}`;
}
