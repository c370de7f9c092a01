import { useEffect, useRef } from 'preact/hooks';
import type { StreamName } from './log-lines.ts';
import type { Found } from './log-search.ts';

/** Which streams are shown. */
export type StreamFilter = 'both' | StreamName;

/** The tools above a log. */
export function LogTools(props: {
  readonly name: string;
  readonly lines: number;
  readonly isWhole: boolean;
  readonly filter: StreamFilter;
  readonly onFilter: (filter: StreamFilter) => void;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly isRaw: boolean;
  readonly onRaw: (isRaw: boolean) => void;
  readonly found: Found | null;
  readonly target: number | null;
  readonly onGo: (line: number) => void;
  readonly download: (stream: StreamName) => void;
}) {
  const { name, found, target } = props;
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // The browser's own search finds only the lines that are laid out.
    const keys = (event: KeyboardEvent) => {
      if (!((event.ctrlKey || event.metaKey) && event.key === 'f')) return;
      event.preventDefault();
      box.current?.focus();
      box.current?.select();
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, []);
  const step = (forward: boolean) => {
    if (found === null || found.lines.length === 0) return;
    const next = forward
      ? found.lines.find((line) => target === null || line > target)
      : found.lines.findLast((line) => target !== null && line < target);
    props.onGo(next ?? (forward ? found.lines[0] : found.lines.at(-1)) ?? 0);
  };
  return (
    <div class="tools" role="toolbar" aria-label={`Tools of the log of ${name}`}>
      <label>
        Search{' '}
        <input
          ref={box}
          type="search"
          value={props.text}
          onInput={(event) => props.onText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Enter' && step(!event.shiftKey)}
        />
      </label>
      <button type="button" onClick={() => step(false)} disabled={found === null || found.lines.length === 0}>
        Previous
      </button>
      <button type="button" onClick={() => step(true)} disabled={found === null || found.lines.length === 0}>
        Next
      </button>
      <span role="status" class="hits">
        {found === null ? '' : hitsText(found)}
      </span>
      <label>
        Show{' '}
        <select
          value={props.filter}
          onChange={(event) => props.onFilter(event.currentTarget.value as StreamFilter)}
        >
          <option value="both">both streams</option>
          <option value="stdout">standard output</option>
          <option value="stderr">standard error</option>
        </select>
      </label>
      <label>
        <input
          type="checkbox"
          checked={props.isRaw}
          onChange={(event) => props.onRaw(event.currentTarget.checked)}
        />{' '}
        Raw
      </label>
      {(['stdout', 'stderr'] as const).map((stream) => (
        <button key={stream} type="button" onClick={() => props.download(stream)}>
          Download {stream}
        </button>
      ))}
      <span class="count">
        {props.lines.toLocaleString()} lines{props.isWhole ? '' : ' so far'}
      </span>
    </div>
  );
}

function hitsText({ hits, lines, isWhole }: Found): string {
  const count = `${hits.toLocaleString()} ${hits === 1 ? 'hit' : 'hits'} in ${lines.length.toLocaleString()} lines`;
  return isWhole ? count : `${count} so far`;
}
