import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageContainer } from '../page-model.ts';
import { readEmbedded } from './embedded-log.ts';
import { isLive, readServed } from './live-page.ts';
import { LogLines } from './log-lines.ts';

/** The order in which they are read: a timeline never tells of bytes that are not there. */
const files = ['timeline', 'stdout', 'stderr'] as const;

/** Reads a container's log, which grows while its lines are found, or while the job runs. */
export function useLog(container: PageContainer): {
  readonly log: LogLines | null;
  readonly isWhole: boolean;
} {
  const [log, setLog] = useState<LogLines | null>(null);
  const [isWhole, setWhole] = useState(false);
  const [, setCount] = useState(0);
  const reading = useRef(Promise.resolve());
  const kept = useRef<LogLines | null>(null);
  const hasEnded = container.verdict !== 'running' && container.verdict !== 'waiting';
  useEffect(() => {
    const read = async () => {
      await documentIsThere();
      kept.current ??= new LogLines((file) => container.logs.find(({ kind }) => kind === file)?.bytes ?? 0);
      const lines = kept.current;
      for (const file of files) {
        const key = `${container.name}/${file}`;
        await (isLive ? readServed(key, lines.file(file)) : readEmbedded(key, lines.file(file)));
      }
      setLog(lines);
      const isAll = hasEnded || !isLive;
      await lines.index(isAll, () => setCount(lines.count));
      if (isAll) setWhole(true);
    };
    reading.current = reading.current.then(read).catch((error: unknown) => {
      document.body.dataset['failure'] = String(error);
    });
  }, [container]);
  return { log, isWhole };
}

/** The log stands behind the page's own parts. */
async function documentIsThere(): Promise<void> {
  if (document.readyState === 'loading')
    await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
}
