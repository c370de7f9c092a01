import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { getuid } from 'node:process';

/** The name of a user; the number if it has none. */
export function userName(uid: number): string {
  const name = nameIn('/etc/passwd', uid);
  if (name !== null || uid !== getuid?.()) return name ?? String(uid);
  try {
    // Asks a directory service as well.
    return userInfo().username;
  } catch {
    return String(uid);
  }
}

/** The name of a group; the number if it has none. */
export function groupName(gid: number): string {
  return nameIn('/etc/group', gid) ?? String(gid);
}

/** passwd(5), group(5): the name comes first, the number third. */
function nameIn(file: string, id: number): string | null {
  try {
    const rows = readFileSync(file, 'utf8').split('\n');
    const found = rows.map((row) => row.split(':')).find(([, , number]) => number === String(id));
    return found?.[0] ?? null;
  } catch {
    return null;
  }
}
