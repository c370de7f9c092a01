import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { forEachOf } from '../helpers/batches.ts';
import { emissary } from '../helpers/emissary.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A secret in the wrong place. */
const hidden = 'hunter22hunter';
const definition = { name: 'A', executable: 'a', ociimage: 'a:1' };

interface Mistake {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The volume's template. */
  readonly template?: string;
  /** Files in the working directory. */
  readonly files?: Readonly<Record<string, string>>;
}

const runArgs = ['run', '--', 'true'];
const options = (verb: string, names: readonly string[], ...rest: readonly string[]): readonly Mistake[] =>
  names.map((name) => ({ args: [verb, `--${name}`, hidden, ...rest] }));
const variables = (args: readonly string[], names: readonly string[]): readonly Mistake[] =>
  names.map((name) => ({ args, env: { [name]: hidden } }));
const templates = [
  `{"password":${hidden}`,
  `{"a":1} "${hidden}"`,
  `${hidden}`,
  `"${hidden}"`,
  `{"outputs":"${hidden}"}`,
  `{"outputs":{"artifacts":["${hidden}"]}}`,
  `{"outputs":{"artifacts":[{"name":"a","path":"${hidden}"}]}}`,
  `{"containerSet":{"containers":[{"name":"main","dependencies":["${hidden}"]}]}}`,
  `{"inputs":{"artifacts":[{"name":"a","path":"/a","http":{"url":"ftp://${hidden}"}}]}}`,
  `{"multiflexi":{"limits":{"inputBytes":"${hidden}"}}}`,
];
const job = { MULTIFLEXI_JOB_ID: '1' };
const rest = { ...job, MULTIFLEXI_API_USER: 'u', MULTIFLEXI_API_PASSWORD: 'p' };
const waitNames = [
  ...['MULTIFLEXI_JOB_ID', 'MULTIFLEXI_DATABASE_URL', 'MULTIFLEXI_DATABASE_URL_FILE', 'MULTIFLEXI_REPORT'],
  ...['EMISSARY_RESULTS_DIR', 'EMISSARY_REPORT_SECONDS', 'EMISSARY_ENV_FILE', 'EMISSARY_DEADLINE'],
  ...['EMISSARY_TIMEOUT_SECONDS', 'EMISSARY_GRACE_SECONDS'],
];
const apiNames = ['MULTIFLEXI_API_URL', 'MULTIFLEXI_API_CA_FILE', 'MULTIFLEXI_TIMEZONE'];
const urls = [
  `mysql://u:p?${hidden}@h/d`,
  `mysql://u:p@h/d?${hidden}=1`,
  `mysql://u:p@h/d?ssl-ca=${hidden}`,
  `mysql://u:%${hidden}@h/d`,
  `mysql://${hidden}`,
  `sqlite:${hidden}`,
];
const soft = ['ZABBIX_SERVER', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_CERTIFICATE'];
const softOthers = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  ZABBIX_HOST: 'h',
  ZABBIX_SERVER: 's/',
};
const softNames = [...soft, 'OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_TIMEOUT'];
const manifestOptions = ['variables', 'report-variables', 'job-id', 'kind', 'user', 'claim', 'timeout'];

const mistakes: readonly Mistake[] = [
  ...options(
    'run',
    ['grace', 'timeout', 'stop-signal', 'log-limit', 'root', 'termination-log'],
    '--',
    'true',
  ),
  { args: ['run', '--name', hidden.toUpperCase(), '--', 'true'] },
  { args: ['run', hidden] },
  { args: ['run', `--combined=${hidden}`, '--', 'true'] },
  { args: ['run', `-p${hidden}`, '--', 'true'] },
  { args: ['wait', hidden] },
  { args: ['signal', 'main', hidden] },
  ...variables(runArgs, ['EMISSARY_GRACE_SECONDS', 'EMISSARY_TIMEOUT_SECONDS', 'EMISSARY_STOP_SIGNAL']),
  ...variables(runArgs, ['EMISSARY_LOG_LIMIT_BYTES', 'EMISSARY_ARGS_FILE', 'EMISSARY_ENV_FILE']),
  ...templates.map((template) => ({ args: runArgs, template })),
  ...templates.map((template) => ({ args: ['init'], env: { EMISSARY_TEMPLATE: template } })),
  { args: ['init', '--template', hidden] },
  ...variables(['wait'], waitNames),
  ...apiNames.map((name) => ({
    args: ['wait'],
    env: { ...rest, MULTIFLEXI_API_URL: 'https://127.0.0.1:9', [name]: hidden },
  })),
  { args: ['wait'], env: { ...rest, MULTIFLEXI_API_URL: `http://${hidden}` } },
  {
    args: ['wait'],
    env: {
      ...{ ...job, MULTIFLEXI_API_USER: 'u', MULTIFLEXI_API_URL: 'https://127.0.0.1:9' },
      MULTIFLEXI_API_PASSWORD_FILE: hidden,
    },
  },
  ...urls.map((url) => ({ args: ['wait'], env: { ...job, MULTIFLEXI_DATABASE_URL: url } })),
  ...softNames.map((name) => ({
    args: ['report'],
    env: { ...softOthers, MULTIFLEXI_REPORT: 'full', [name]: hidden },
  })),
  ...options('manifest', manifestOptions, 'app.json'),
  { args: ['manifest', '--image', `a ${hidden}`, 'app.json'] },
  { args: ['manifest', `{"password":"${hidden}"}`] },
  { args: ['manifest', '--variables', 'a.env', 'app.json'], files: { 'a.env': `A=1\n${hidden}\n` } },
  { args: ['manifest', '--variables', 'a.env', 'app.json'], files: { 'a.env': `A="${hidden}\n` } },
  { args: ['manifest', 'app.json'], files: { 'app.json': `{"password":${hidden}` } },
  { args: ['manifest', 'app.json'], files: { 'app.json': `"${hidden}"` } },
  ...[`{"${hidden}":`, `{"A=${hidden}":"x"}`, `["${hidden}"]`, `{"A":["${hidden}"]}`].map((text) => ({
    args: runArgs,
    env: { EMISSARY_ENV_FILE: 'variables.json' },
    files: { 'variables.json': text },
  })),
  ...[`["${hidden}"`, `["a" ${hidden}]`, hidden].map((text) => ({
    args: runArgs,
    env: { EMISSARY_ARGS_FILE: 'words.json' },
    files: { 'words.json': text },
  })),
];

test('a rejected value appears neither in messages nor in the result', async (t) => {
  await forEachOf(mistakes, async ({ args = [], env = {}, template, files = {} }) => {
    const [root, cwd] = [temporaryVolume(t), temporaryVolume(t)];
    if (template !== undefined) writeFileSync(join(root, 'template'), template);
    const all = { 'app.json': JSON.stringify(definition), ...files };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(cwd, name), text);
    const { status, stdout, stderr } = await emissary(args, { root, env, cwd });
    const what = JSON.stringify({ args, env, template, files });
    const shown = `${stdout}${stderr}${sealed(root)}`;
    assert.equal(status, 64, what);
    assert.ok(stderr.startsWith('emissary: '), `${what}: ${stderr}`);
    assert.doesNotMatch(shown, new RegExp(hidden, 'i'), what);
  });
});

function sealed(root: string): string {
  try {
    return readFileSync(join(root, 'ctr/main/result.json'), 'utf8');
  } catch {
    return '';
  }
}
