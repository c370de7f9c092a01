import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageContainer } from '../page-model.ts';
import { readEmbedded } from './embedded-log.ts';
import type { GrowingBytes } from './growing-bytes.ts';
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
  /** The newest reading that is wanted: those before it need not begin any more. */
  const wanted = useRef(0);
  const kept = useRef<LogLines | null>(null);
  const hasEnded = container.verdict !== 'running' && container.verdict !== 'waiting';
  useEffect(() => {
    wanted.current += 1;
    const own = wanted.current;
    const read = async () => {
      if (own !== wanted.current) return;
      await documentIsThere();
      kept.current ??= emptyLog(container);
      const lines = kept.current;
      for (const file of files) await readFile(`${container.name}/${file}`, lines.file(file));
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

/** Its room is made for what is to come, if that is known. */
function emptyLog({ logs }: PageContainer): LogLines {
  return new LogLines((file) => (isLive ? 0 : (logs.find(({ kind }) => kind === file)?.bytes ?? 0)));
}

function readFile(key: string, into: GrowingBytes): Promise<void> {
  return isLive ? readServed(key, into) : readEmbedded(key, into);
}

/** The log stands behind the page's own parts. */
async function documentIsThere(): Promise<void> {
  if (document.readyState === 'loading')
    await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
}
