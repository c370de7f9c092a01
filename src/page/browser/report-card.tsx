/** The job's own report. */
export function ReportCard({ json }: { readonly json: string }) {
  let report: unknown;
  try {
    report = JSON.parse(json);
  } catch {
    report = json;
  }
  return (
    <section aria-labelledby="report">
      <h2 id="report">Report</h2>
      <div class="card">
        <Value value={report} depth={0} />
      </div>
    </section>
  );
}

/** Deeper than this, a value is shown as JSON. */
const deepest = 4;
/** Items of a list that are shown. */
const mostItems = 100;

function Value({ value, depth }: { readonly value: unknown; readonly depth: number }) {
  if (value === null || typeof value !== 'object') return <span>{String(value)}</span>;
  if (depth >= deepest) return <code>{jsonOf(value)}</code>;
  const entries = Object.entries(value);
  if (entries.length === 0) return <span>none</span>;
  if (Array.isArray(value))
    return (
      <ul>
        {value.slice(0, mostItems).map((each, index) => (
          <li key={index}>
            <Value value={each} depth={depth + 1} />
          </li>
        ))}
        {value.length > mostItems ? <li>and {value.length - mostItems} more</li> : null}
      </ul>
    );
  return (
    <dl>
      {entries.map(([name, each]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Value value={each} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** As deep as a job may have made it. */
function jsonOf(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '…';
  }
}
