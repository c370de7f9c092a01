/** The path to save under: the masked one, numbered if another path has the same masked form. */
export function keptPath(path: string, shown: string, isTaken: (shown: string) => boolean): string {
  if (shown === path) return path;
  for (let count = 1; ; count += 1) {
    const counted = count === 1 ? shown : shown.replace(/\*\*\*/, `***${count}`);
    if (!isTaken(counted)) return counted;
  }
}
