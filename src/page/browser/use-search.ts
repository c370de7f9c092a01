import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogLines } from './log-lines.ts';
import { type Found, searchLog } from './log-search.ts';

/** How long one waits for more keys before a search begins, in ms. */
const typingMs = 200;

/** What a search finds; null: there is none. */
export function useSearch(log: LogLines | null, isWhole: boolean, text: string): Found | null {
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
