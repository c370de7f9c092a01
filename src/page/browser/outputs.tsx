import Papa from 'papaparse';
import { useState } from 'preact/hooks';
import type { PageOutput, PagePreview } from '../page-model.ts';
import { Guarded } from './guarded.tsx';
import { bytesText } from './texts.ts';

/** Columns, */
const mostColumns = 50;
/** and rows of a table that are shown: a preview, not the file. */
const mostRows = 1_000;

/** What the job has left. */
export function Outputs(props: {
  readonly outputs: readonly PageOutput[];
  readonly complaints: readonly string[];
}) {
  const { outputs, complaints } = props;
  if (outputs.length === 0 && complaints.length === 0) return null;
  return (
    <section aria-labelledby="outputs">
      <h2 id="outputs">Outputs</h2>
      {complaints.length === 0 ? null : (
        <ul class="complaints">
          {complaints.map((complaint) => (
            <li key={complaint}>{complaint}</li>
          ))}
        </ul>
      )}
      {outputs.map((output, index) => (
        <OneOutput key={index} output={output} />
      ))}
    </section>
  );
}

/** Its preview is made when somebody opens it: it may have many cells. */
function OneOutput({ output }: { readonly output: PageOutput }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>{output.name}</strong> {output.kind}, {bytesText(output.bytes)}
      </summary>
      <p>
        <code>{output.path}</code>
        {output.sha256 === null ? null : (
          <>
            <br />
            SHA-256 <code class="hash">{output.sha256}</code>
          </>
        )}
      </p>
      {isOpen ? (
        <Guarded>
          <Preview of={output.preview} name={output.name} />
        </Guarded>
      ) : null}
    </details>
  );
}

function Preview({ of, name }: { readonly of: PagePreview; readonly name: string }) {
  switch (of.kind) {
    case 'none':
      return <p>{of.reason}</p>;
    case 'picture':
      return <img src={`data:${of.type};base64,${of.base64}`} alt={`Preview of ${name}`} />;
    case 'archive':
      return (
        <ul class="entries">
          {of.entries.map((entry) => (
            <li key={entry.name}>
              <code>{entry.name}</code> {bytesText(entry.bytes)}
            </li>
          ))}
          {of.isWhole ? null : <li>and more</li>}
        </ul>
      );
    case 'csv':
      return <Table text={of.text} name={name} />;
    case 'json':
    case 'text':
      return (
        <pre class="preview" tabIndex={0}>
          {of.kind === 'json' ? indented(of.text) : of.text}
          {of.isWhole ? '' : '\n…'}
        </pre>
      );
  }
}

function Table({ text, name }: { readonly text: string; readonly name: string }) {
  const { data } = Papa.parse<string[]>(text, { preview: mostRows + 1, skipEmptyLines: true });
  const [head = [], ...rows] = data;
  return (
    <div class="scrolls" tabIndex={0} role="region" aria-label={`Table of ${name}`}>
      <table>
        <thead>
          <tr>
            {head.slice(0, mostColumns).map((cell, index) => (
              <th key={index} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.slice(0, mostColumns).map((cell, column) => (
                <td key={column}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function indented(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
