import type { LogLine } from './log-lines.ts';
import type { Run } from './screen-line.ts';
import { terminalLine } from './terminal-line.ts';
import { clockText } from './texts.ts';

/** Characters of a line without its meaning that are shown. */
const mostRawCharacters = 20_000;

/** One line of a log. */
export function LineRow(props: {
  readonly container: string;
  readonly number: number;
  readonly all: number;
  readonly line: LogLine;
  readonly isTarget: boolean;
  readonly isRaw: boolean;
  readonly wanted: string;
}) {
  const { container, number, line, wanted } = props;
  const { runs, isWhole } = props.isRaw ? rawLine(line.text) : terminalLine(line.text);
  const anchor = `${container}-L${number + 1}`;
  return (
    <li
      class={`line ${line.stream}${props.isTarget ? ' target' : ''}`}
      aria-setsize={props.all}
      aria-posinset={number + 1}
    >
      <a class="number" href={`#${anchor}`} aria-label={`Line ${number + 1}`}>
        {number + 1}
      </a>
      <span class="time">{line.time === 0 ? '' : clockText(line.time)}</span>
      <span class="stream">{line.stream === 'stderr' ? 'err' : 'out'}</span>
      <code>
        {runs.map((run, index) => (
          <StyledRun key={index} run={run} wanted={wanted} />
        ))}
        {isWhole ? null : <em> … and more: download it to see all</em>}
      </code>
    </li>
  );
}

function StyledRun({ run, wanted }: { readonly run: Run; readonly wanted: string }) {
  const isReverse = run.decorations.includes('reverse');
  const style = {
    ...(run.colour !== null && { [isReverse ? 'backgroundColor' : 'color']: run.colour }),
    ...(run.background !== null && { [isReverse ? 'color' : 'backgroundColor']: run.background }),
  };
  const text = marked(run.text, wanted);
  const isPlain = run.colour === null && run.background === null && run.decorations.length === 0;
  const inner = isPlain ? (
    text
  ) : (
    <span class={run.decorations.join(' ')} style={style}>
      {text}
    </span>
  );
  if (run.link === null) return inner;
  return (
    <a href={run.link} rel="noopener noreferrer" target="_blank">
      {inner}
    </a>
  );
}

/** What is searched for stands out. */
function marked(text: string, wanted: string) {
  if (wanted === '') return text;
  const parts = [];
  const lower = text.toLowerCase();
  const needle = wanted.toLowerCase();
  let start = 0;
  for (let at = lower.indexOf(needle); at !== -1; at = lower.indexOf(needle, start)) {
    parts.push(text.slice(start, at), <mark>{text.slice(at, at + needle.length)}</mark>);
    start = at + needle.length;
  }
  parts.push(text.slice(start));
  return parts;
}

/** Every byte is seen: controls as symbols. */
function rawLine(line: string): { readonly runs: readonly Run[]; readonly isWhole: boolean } {
  const text = line
    .slice(0, mostRawCharacters)
    .replace(/[\u0000-\u001f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replaceAll('\u007f', '\u2421');
  const run = { text, colour: null, background: null, decorations: [], link: null };
  return { runs: [run], isWhole: line.length <= mostRawCharacters };
}
