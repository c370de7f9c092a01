import type { PageContainer } from '../page-model.ts';
import { bytesText, clockText, spanText, verdictText } from './texts.ts';
import { UsageCharts } from './usage-charts.tsx';

/** The containers and their attempts. */
export function ContainerTable({ containers }: { readonly containers: readonly PageContainer[] }) {
  return (
    <section aria-labelledby="containers">
      <h2 id="containers">Containers</h2>
      {containers.map((container) => (
        <details key={container.name} open={containers.length === 1}>
          <summary>
            <strong>{container.name}</strong> {verdictText[container.verdict]}
            {container.exitCode === null ? '' : `, exit code ${container.exitCode}`}
          </summary>
          {container.message === null ? null : <p>{container.message}</p>}
          {container.command.length === 0 ? null : (
            <pre class="command">{container.command.map(quoted).join(' ')}</pre>
          )}
          <ol>
            {container.attempts.map((attempt) => (
              <li key={attempt.from}>
                {clockText(attempt.from)}, {spanText(attempt.until - attempt.from)}:{' '}
                {attempt.signal === null ? `exit code ${attempt.exitCode}` : attempt.signal}
              </li>
            ))}
          </ol>
          <p>{usageText(container)}</p>
          <UsageCharts name={container.name} usage={container.usage} />
        </details>
      ))}
    </section>
  );
}

function usageText({ userSeconds, systemSeconds, maxRssBytes }: PageContainer): string {
  if (userSeconds === null || systemSeconds === null) return '';
  const cpu = `Processor time ${spanText((userSeconds + systemSeconds) * 1_000)}`;
  return maxRssBytes === null || maxRssBytes === 0
    ? cpu
    : `${cpu}, at most ${bytesText(maxRssBytes)} of memory`;
}

/** As a shell would need it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
