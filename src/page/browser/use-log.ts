import { useEffect, useState } from 'preact/hooks';
import type { PageContainer } from '../page-model.ts';
import { readEmbedded } from './log-bytes.ts';
import { LogLines, type StreamName } from './log-lines.ts';

/** Reads a container's log, which grows while its lines are found. */
export function useLog({ name, logs }: PageContainer): {
  readonly log: LogLines | null;
  readonly isWhole: boolean;
} {
  const [log, setLog] = useState<LogLines | null>(null);
  const [isWhole, setWhole] = useState(false);
  const [, setCount] = useState(0);
  useEffect(() => {
    const read = async () => {
      await documentIsThere();
      const bytesOf = (kind: string) => logs.find((each) => each.kind === kind)?.bytes ?? 0;
      const part = (kind: 'timeline' | StreamName) => readEmbedded(`${name}/${kind}`, bytesOf(kind));
      const lines = new LogLines({
        timeline: await part('timeline'),
        stdout: await part('stdout'),
        stderr: await part('stderr'),
      });
      setLog(lines);
      await lines.index(() => setCount(lines.count));
      setWhole(true);
    };
    read().catch((error: unknown) => {
      document.body.dataset['failure'] = String(error);
    });
  }, [name, logs]);
  return { log, isWhole };
}

/** The log stands behind the page's own parts. */
async function documentIsThere(): Promise<void> {
  if (document.readyState === 'loading')
    await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
}
