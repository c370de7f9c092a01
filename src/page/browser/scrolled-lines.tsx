import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { LineRow } from './line-row.tsx';
import type { LogLines } from './log-lines.ts';
import { heightOf, lineAt, linePixels, scrollTo } from './scroll-window.ts';

/** A window on any number of lines: only those that can be seen are elements. */
export function ScrolledLines(props: {
  readonly name: string;
  readonly log: LogLines;
  readonly lines: { readonly count: number; readonly at: (row: number) => number };
  readonly target: number | null;
  readonly isRaw: boolean;
  readonly wanted: string;
}) {
  const { name, log, lines, target } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [view, setView] = useState(400);
  /** Where we have scrolled to: the browser tells of it as if somebody else had. */
  const own = useRef(-1);
  const go = (line: number) => {
    const most = Math.max(0, lines.count - view / linePixels);
    const next = Math.min(most, Math.max(0, line));
    setTop(next);
    if (scroller.current === null) return;
    scroller.current.scrollTop = scrollTo(next, view, lines.count);
    own.current = scroller.current.scrollTop;
  };
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return undefined;
    const sizes = new ResizeObserver(() => setView(box.clientHeight));
    sizes.observe(box);
    return () => sizes.disconnect();
  }, []);
  useEffect(() => {
    if (target !== null && target < log.count) go(rowOf(lines, target) - Math.floor(view / linePixels / 3));
  }, [target, lines.count, view]);
  const wheel = (event: WheelEvent) => {
    if (event.ctrlKey || event.deltaX !== 0) return;
    // The scroll bar of so many lines is coarser than a turn of the wheel.
    if (heightOf(lines.count) === lines.count * linePixels) return;
    event.preventDefault();
    const lineDelta = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY : event.deltaY / linePixels;
    go(top + lineDelta);
  };
  const first = Math.floor(top);
  const rows = Array.from(
    { length: Math.max(0, Math.min(Math.ceil(view / linePixels) + 1, lines.count - first)) },
    (_, index) => first + index,
  );
  return (
    <div
      ref={scroller}
      class="scroller"
      role="region"
      aria-label={`Lines of ${name}`}
      tabIndex={0}
      onScroll={({ currentTarget }) => {
        if (Math.abs(currentTarget.scrollTop - own.current) < 1) return;
        own.current = -1;
        setTop(lineAt(currentTarget.scrollTop, view, lines.count));
      }}
      onWheel={wheel}
      onKeyDown={(event) => {
        const step = stepOf(event.key, view / linePixels, lines.count);
        if (step === null || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        go(top + step);
      }}
    >
      <div class="spacer" style={{ height: `${heightOf(lines.count)}px` }}>
        <div class="pane" style={{ height: `${Math.min(view, lines.count * linePixels)}px` }}>
          <ol style={{ transform: `translateY(${-(top - first) * linePixels}px)` }}>
            {rows.map((row) => {
              const number = lines.at(row);
              return (
                <LineRow
                  key={number}
                  container={name}
                  number={number}
                  all={log.count}
                  line={log.line(number)}
                  isTarget={number === target}
                  isRaw={props.isRaw}
                  wanted={props.wanted}
                />
              );
            })}
          </ol>
        </div>
      </div>
    </div>
  );
}

/** The row of a line, or of the next one that is shown. */
function rowOf(lines: { readonly count: number; readonly at: (row: number) => number }, line: number): number {
  let [low, high] = [0, lines.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines.at(middle) < line) low = middle + 1;
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
