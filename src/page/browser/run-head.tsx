import type { PageModel } from '../page-model.ts';
import { shownText } from './terminal-line.ts';
import { momentText, spanText, verdictText } from './texts.ts';

/** What a person wants to know first. */
export function RunHead({ model }: { readonly model: PageModel }) {
  const { verdict, exitCode, startedAt, finishedAt, jobId } = model;
  return (
    <header class={`head ${verdict}`}>
      <h1>{model.title}</h1>
      <p class="verdict" role="status">
        <strong>{verdictText[verdict]}</strong>
        {exitCode === null ? null : <span> with exit code {exitCode}</span>}
      </p>
      {model.message === null ? null : <p class="message">{model.message}</p>}
      {model.endedBy === null ? null : <p>{model.endedBy}</p>}
      {model.lastWords === null ? null : <LastWords text={model.lastWords} />}
      <dl class="facts">
        {jobId === null ? null : <Fact name="Job in MultiFlexi" value={String(jobId)} />}
        {startedAt === null ? null : <Fact name="Started" value={momentText(startedAt)} />}
        {finishedAt === null ? null : <Fact name="Ended" value={momentText(finishedAt)} />}
        {startedAt === null || finishedAt === null ? null : (
          <Fact name="Duration" value={spanText(finishedAt - startedAt)} />
        )}
        <Fact name="Attempts" value={String(model.attempts)} />
        <Fact name="Page made" value={momentText(model.madeAt)} />
      </dl>
    </header>
  );
}

/** As a terminal would show it. */
function LastWords({ text }: { readonly text: string }) {
  return (
    <figure class="last">
      <figcaption>The last that it wrote to its standard error</figcaption>
      <pre class="words">{text.split('\n').map(shownText).join('\n')}</pre>
    </figure>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
