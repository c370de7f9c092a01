import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { limits } from '../base/limits.ts';
import type { LogPart } from './log-part.ts';
import { pageAssets } from './page-assets.ts';
import type { PageSource } from './read-page.ts';

/**
 * Writes a page: one document that needs nothing else. What the job has made is only ever data in it: JSON without `<`, and base64.
 * And only the page's own script and style may run, by their hash.
 */
export async function* pageHtml({ model, logs }: PageSource): AsyncGenerator<string> {
  yield shell(harmless(JSON.stringify(model)), []);
  for (const part of logs) yield* embedded(part);
  yield end;
}

/** The same without anything of a run: it asks the server that it comes from. */
export function livePage(): string {
  return `${shell('', ["connect-src 'self'"])}${end}`;
}

const end = '</body>\n</html>\n';

function shell(model: string, rights: readonly string[]): string {
  const { script, style } = pageAssets;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(rights)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>A run</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript, its own and no other.</noscript>
<script type="application/json" id="model">${model}</script>
<script>${script}</script>
`;
}

/** Nothing is loaded, and nothing runs but what is named here: https://www.w3.org/TR/CSP3/. */
function policy(rights: readonly string[]): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(pageAssets.script)}`,
    `style-src ${hash(pageAssets.style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    ...rights,
  ].join('; ');
}

/** JSON that cannot end the element that it stands in, nor a line of a script. */
function harmless(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

async function* embedded({ container, kind, bytes, read }: LogPart): AsyncGenerator<string> {
  if (bytes === 0) return;
  const open = `<script type="text/plain" data-of="${container}/${kind}">`;
  let rest = Buffer.alloc(0);
  const compressed = Readable.from(read(), { objectMode: false }).compose(createGzip({ level: 6 }));
  for await (const piece of compressed) {
    const whole = Buffer.concat([rest, piece as Buffer]);
    // Three bytes are four characters: each element can be read alone.
    const end = whole.length < limits.pagePartBytes ? 0 : whole.length - (whole.length % 3);
    if (end > 0) yield `${open}${whole.toString('base64', 0, end)}</script>\n`;
    rest = whole.subarray(end);
  }
  yield `${open}${rest.toString('base64')}</script>\n`;
}
