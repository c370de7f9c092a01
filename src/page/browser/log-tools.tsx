import { useEffect, useRef } from 'preact/hooks';
import type { LogLines, StreamName } from './log-lines.ts';
import type { Found } from './log-search.ts';

/** Which streams are shown. */
export type StreamFilter = 'both' | StreamName;

/** How a log is shown. */
export interface LogChoice {
  readonly filter: StreamFilter;
  /** What is searched for. */
  readonly text: string;
  /** Controls are seen, and not obeyed. */
  readonly isRaw: boolean;
}

interface Tools {
  readonly name: string;
  readonly log: LogLines;
  readonly isWhole: boolean;
  /** Whether Ctrl+F searches this log. */
  readonly hasKeys: boolean;
  readonly choice: LogChoice;
  readonly onChoice: (choice: LogChoice) => void;
  readonly found: Found | null;
  readonly target: number | null;
  readonly onGo: (line: number) => void;
}

/** The tools above a log. */
export function LogTools(props: Tools) {
  const { name, log, isWhole, choice, onChoice } = props;
  return (
    <div class="tools" role="toolbar" aria-label={`Tools of the log of ${name}`}>
      <SearchTools {...props} />
      <label>
        Show{' '}
        <select
          value={choice.filter}
          onChange={(event) => onChoice({ ...choice, filter: event.currentTarget.value as StreamFilter })}
        >
          <option value="both">both streams</option>
          <option value="stdout">standard output</option>
          <option value="stderr">standard error</option>
        </select>
      </label>
      <label>
        <input
          type="checkbox"
          checked={choice.isRaw}
          onChange={(event) => onChoice({ ...choice, isRaw: event.currentTarget.checked })}
        />{' '}
        Raw
      </label>
      {(['stdout', 'stderr'] as const).map((stream) => (
        <button
          key={stream}
          type="button"
          onClick={() => download(`${name}-${stream}.txt`, log.bytesOf(stream))}
        >
          Download {stream}
        </button>
      ))}
      <span class="count">
        {log.count.toLocaleString()} lines{isWhole ? '' : ' so far'}
      </span>
    </div>
  );
}

function SearchTools({ hasKeys, choice, onChoice, found, target, onGo }: Tools) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => (hasKeys && box.current !== null ? onFind(box.current) : undefined), [hasKeys]);
  const step = (isForward: boolean) => {
    const next = nextHit(found?.lines ?? [], target, isForward);
    if (next !== null) onGo(next);
  };
  const isEmpty = found === null || found.lines.length === 0;
  return (
    <>
      <label>
        Search{' '}
        <input
          ref={box}
          type="search"
          value={choice.text}
          onInput={(event) => onChoice({ ...choice, text: event.currentTarget.value })}
          onKeyDown={(event) => event.key === 'Enter' && step(!event.shiftKey)}
        />
      </label>
      <button type="button" onClick={() => step(false)} disabled={isEmpty}>
        Previous
      </button>
      <button type="button" onClick={() => step(true)} disabled={isEmpty}>
        Next
      </button>
      <span role="status" class="hits">
        {found === null ? '' : hitsText(found)}
      </span>
    </>
  );
}

/** The browser's own search finds only the lines that are laid out. */
function onFind(box: HTMLInputElement): () => void {
  const keys = (event: KeyboardEvent) => {
    if (!((event.ctrlKey || event.metaKey) && event.key === 'f')) return;
    event.preventDefault();
    box.focus();
    box.select();
  };
  addEventListener('keydown', keys);
  return () => removeEventListener('keydown', keys);
}

/** The hit after, or before, a line; at the end, it begins again. */
function nextHit(lines: readonly number[], target: number | null, isForward: boolean): number | null {
  const next = isForward
    ? lines.find((line) => target === null || line > target)
    : lines.findLast((line) => target !== null && line < target);
  return next ?? (isForward ? lines[0] : lines.at(-1)) ?? null;
}

function hitsText({ hits, lines, isWhole }: Found): string {
  const count = `${hits.toLocaleString()} ${hits === 1 ? 'hit' : 'hits'} in ${lines.length.toLocaleString()} lines`;
  return isWhole ? count : `${count} so far`;
}

function download(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
