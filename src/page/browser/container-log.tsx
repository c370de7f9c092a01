import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PageContainer } from '../page-model.ts';
import { LogLines, type StreamName } from './log-lines.ts';
import { readEmbedded } from './log-bytes.ts';
import { LogTools, type StreamFilter } from './log-tools.tsx';
import { type Found, searchLog } from './log-search.ts';
import { OutputRate } from './output-rate.tsx';
import { ScrolledLines } from './scrolled-lines.tsx';

/** How long one waits for more keys before a search begins, in ms. */
const typingMs = 200;

/** The log of one container: both streams, as they came. */
export function ContainerLog({ container }: { readonly container: PageContainer }) {
  const { name } = container;
  const { log, isWhole } = useLog(container);
  const [filter, setFilter] = useState<StreamFilter>('both');
  const [text, setText] = useState('');
  const [isRaw, setRaw] = useState(false);
  const found = useSearch(log, isWhole, text);
  const [target, setTarget] = useState<number | null>(() => lineOfHash(name));
  useEffect(() => {
    const follow = () => setTarget(lineOfHash(name));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [name]);
  const shown = useMemo(() => (log === null ? null : linesOf(log, filter)), [log, filter, isWhole, log?.count]);
  const id = `log-${name}`;
  if (container.logs.every(({ bytes }) => bytes === 0))
    return (
      <section aria-labelledby={id}>
        <h2 id={id}>Log of {name}</h2>
        <p>It has printed nothing.</p>
      </section>
    );
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>Log of {name}</h2>
      {container.shortened === null ? null : <p class="message">{container.shortened}</p>}
      <LogTools
        name={name}
        lines={log?.count ?? 0}
        isWhole={isWhole}
        filter={filter}
        onFilter={setFilter}
        text={text}
        onText={setText}
        isRaw={isRaw}
        onRaw={setRaw}
        found={found}
        onGo={setTarget}
        target={target}
        download={(stream) => log !== null && download(`${name}-${stream}.txt`, log.bytesOf(stream))}
      />
      {log === null || shown === null ? (
        <p>Reading the log …</p>
      ) : (
        <ScrolledLines name={name} log={log} lines={shown} target={target} isRaw={isRaw} wanted={text} />
      )}
      {log === null || !isWhole ? null : <OutputRate name={name} log={log} />}
    </section>
  );
}

/** The numbers of the lines that are shown; null: all. */
function linesOf(log: LogLines, filter: StreamFilter): { readonly count: number; readonly at: (row: number) => number } {
  if (filter === 'both') return { count: log.count, at: (row) => row };
  const numbers = new Uint32Array(log.count);
  let count = 0;
  for (let line = 0; line < log.count; line += 1)
    if (log.streamOf(line) === filter) {
      numbers[count] = line;
      count += 1;
    }
  return { count, at: (row) => numbers[row] ?? 0 };
}

function useLog({ name, logs }: PageContainer): { readonly log: LogLines | null; readonly isWhole: boolean } {
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

function useSearch(log: LogLines | null, isWhole: boolean, text: string): Found | null {
  const [found, setFound] = useState<Found | null>(null);
  const last = useRef(new AbortController());
  useEffect(() => {
    last.current.abort();
    const stop = new AbortController();
    last.current = stop;
    setFound(null);
    if (log === null || text === '') return undefined;
    const of = { signal: stop.signal, found: (part: Found) => !stop.signal.aborted && setFound(part) };
    const begin = setTimeout(() => searchLog(log, text, of).catch(() => undefined), typingMs);
    return () => {
      clearTimeout(begin);
      stop.abort();
    };
  }, [log, isWhole, text]);
  return found;
}

/** `#main-L12` is the twelfth line of main. */
function lineOfHash(name: string): number | null {
  const [, container, line] = /^#(.+)-L(\d{1,9})$/.exec(decodeURIComponent(location.hash)) ?? [];
  return container === name && line !== undefined ? Math.max(0, Number(line) - 1) : null;
}

function download(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
