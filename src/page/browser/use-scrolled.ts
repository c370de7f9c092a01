import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { heightOf, lineAt, linePixels, scrollTo } from './scroll-window.ts';

/** The rows of a window, and the numbers of their lines. */
export interface Rows {
  readonly count: number;
  readonly at: (row: number) => number;
}

/** Where a window on rows is, and what moves it. */
export function useScrolled(rows: Rows, target: number | null, fromEnd: boolean) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [view, setView] = useState(400);
  /** Where we have scrolled to: the browser tells of it as if somebody else had. */
  const own = useRef(-1);
  const isMoved = useRef(false);
  const go = (row: number) => {
    const next = Math.min(Math.max(0, rows.count - view / linePixels), Math.max(0, row));
    setTop(next);
    if (box.current === null) return;
    box.current.scrollTop = scrollTo(next, view, rows.count);
    own.current = box.current.scrollTop;
  };
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const sizes = new ResizeObserver(() => setView(current.clientHeight));
    sizes.observe(current);
    return () => sizes.disconnect();
  }, []);
  useEffect(() => {
    if (target !== null) go(rowOf(rows, target) - Math.floor(view / linePixels / 3));
    else if (fromEnd && !isMoved.current) go(rows.count);
  }, [target, rows.count, view]);
  return {
    box,
    top,
    view,
    scrolled: (scrollTop: number) => {
      if (Math.abs(scrollTop - own.current) < 1) return;
      own.current = -1;
      isMoved.current = true;
      setTop(lineAt(scrollTop, view, rows.count));
    },
    wheel: (event: WheelEvent) => {
      // The scroll bar of so many lines is coarser than a turn of the wheel.
      const isCoarse = heightOf(rows.count) < rows.count * linePixels;
      if (!isCoarse || event.ctrlKey || event.deltaX !== 0) return;
      event.preventDefault();
      isMoved.current = true;
      go(top + (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY : event.deltaY / linePixels));
    },
    key: (event: KeyboardEvent) => {
      const step = stepOf(event.key, view / linePixels, rows.count);
      if (step === null || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      isMoved.current = true;
      go(top + step);
    },
  };
}

/** The row of a line, or of the next one that is shown. */
function rowOf(rows: Rows, line: number): number {
  let [low, high] = [0, rows.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows.at(middle) < line) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** By how many lines a key goes on. */
function stepOf(key: string, page: number, all: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return 1;
    case 'ArrowUp':
      return -1;
    case 'PageDown':
      return page - 1;
    case 'PageUp':
      return 1 - page;
    case 'Home':
      return -all;
    case 'End':
      return all;
    default:
      return null;
  }
}
