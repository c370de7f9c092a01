import { useMemo, useState } from 'preact/hooks';
import type { PageContainer } from '../page-model.ts';
import type { LogLines } from './log-lines.ts';
import { type LogChoice, LogTools, type StreamFilter } from './log-tools.tsx';
import { OutputRate } from './output-rate.tsx';
import { ScrolledLines } from './scrolled-lines.tsx';
import { useLog } from './use-log.ts';
import type { Rows } from './use-scrolled.ts';
import { useSearch } from './use-search.ts';
import { useTarget } from './use-target.ts';

/** The log of one container: both streams, as they came. */
export function ContainerLog(props: { readonly container: PageContainer; readonly isFirst: boolean }) {
  const { container, isFirst } = props;
  const { name, logs, shortened } = container;
  const { log, isWhole } = useLog(container);
  const id = `log-${name}`;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>Log of {name}</h2>
      {shortened === null ? null : <p class="message">{shortened}</p>}
      {logs.every(({ bytes }) => bytes === 0) ? (
        shortened === null && (
          <p>
            {container.verdict === 'running' ? 'It has printed nothing so far.' : 'It has printed nothing.'}
          </p>
        )
      ) : log === null ? (
        <p>Reading the log …</p>
      ) : (
        <LoadedLog
          name={name}
          log={log}
          isWhole={isWhole}
          isFirst={isFirst}
          fromEnd={container.verdict !== 'succeeded'}
        />
      )}
    </section>
  );
}

function LoadedLog(props: {
  readonly name: string;
  readonly log: LogLines;
  readonly isWhole: boolean;
  readonly isFirst: boolean;
  readonly fromEnd: boolean;
}) {
  const { name, log, isWhole } = props;
  const [choice, setChoice] = useState<LogChoice>({ filter: 'both', text: '', isRaw: false });
  const found = useSearch(log, isWhole, choice.text);
  const [target, setTarget] = useTarget(name);
  const rows = useMemo(() => rowsOf(log, choice.filter), [log, choice.filter, log.count]);
  return (
    <>
      <LogTools
        name={name}
        log={log}
        isWhole={isWhole}
        hasKeys={props.isFirst}
        choice={choice}
        onChoice={setChoice}
        found={found}
        target={target}
        onGo={setTarget}
      />
      <ScrolledLines
        name={name}
        log={log}
        rows={rows}
        target={target}
        fromEnd={props.fromEnd}
        isRaw={choice.isRaw}
        wanted={choice.text}
      />
      {isWhole ? <OutputRate name={name} log={log} /> : null}
    </>
  );
}

/** The numbers of the lines that are shown; null: all. */
function rowsOf(log: LogLines, filter: StreamFilter): Rows {
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
