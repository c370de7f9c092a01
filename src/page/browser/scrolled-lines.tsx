import { LineRow } from './line-row.tsx';
import type { LogLines } from './log-lines.ts';
import { heightOf, linePixels } from './scroll-window.ts';
import { type Rows, useScrolled } from './use-scrolled.ts';

/** The room for a log that is shorter, in lines. */
const leastLines = 3;

/** A window on any number of lines: only those that can be seen are elements. */
export function ScrolledLines(props: {
  readonly name: string;
  readonly log: LogLines;
  readonly rows: Rows;
  readonly target: number | null;
  /** It shows its end at first: a failure is there. */
  readonly fromEnd: boolean;
  readonly isRaw: boolean;
  readonly wanted: string;
}) {
  const { name, log, rows, target } = props;
  const { box, top, view, scrolled, wheel, key } = useScrolled(rows, target, props.fromEnd);
  const first = Math.floor(top);
  const seen = Math.max(0, Math.min(Math.ceil(view / linePixels) + 1, rows.count - first));
  return (
    <div
      ref={box}
      class="scroller"
      role="region"
      aria-label={`Lines of ${name}`}
      tabIndex={0}
      style={{ height: `min(60vh, ${(Math.max(rows.count, leastLines) + 1) * linePixels}px)` }}
      onScroll={(event) => scrolled(event.currentTarget.scrollTop)}
      onWheel={wheel}
      onKeyDown={key}
    >
      <div class="spacer" style={{ height: `${heightOf(rows.count)}px` }}>
        <div class="pane" style={{ height: `${Math.min(view, rows.count * linePixels)}px` }}>
          <ol style={{ transform: `translateY(${-(top - first) * linePixels}px)` }}>
            {Array.from({ length: seen }, (_, index) => rows.at(first + index)).map((number) => (
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
            ))}
          </ol>
        </div>
      </div>
    </div>
  );
}
