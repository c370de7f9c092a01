/** The containers of a launched job's pod. */
export const containers = { install: 'install', main: 'main', reporter: 'reporter' } as const;

/** The Secret of a launched job. The pod waits for it: the job starts when it is made. */
export function secretName(pod: string): string {
  return `${pod}-job`;
}
