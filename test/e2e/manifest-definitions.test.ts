import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { DefinitionCase } from '../fixtures/definition-case.ts';
import { definitions } from '../fixtures/definitions.ts';
import { emissary } from '../helpers/emissary.ts';
import { restrictedViolations } from '../helpers/pod-security.ts';
import { temporaryVolume } from '../helpers/volume.ts';

interface Secret {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
}

interface Container {
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

interface Spec {
  readonly containers: readonly [Container];
  readonly initContainers: readonly [Container];
}

const usual = { name: 'An application', executable: 'app', ociimage: 'app:1' };

for (const { what, definition, options = [], variables, expected } of definitions) {
  test(`manifest accepts a definition with ${what}`, async (t) => {
    const cwd = temporaryVolume(t);
    writeFileSync(join(cwd, 'app.json'), JSON.stringify({ ...usual, ...definition }));
    if (variables !== undefined) writeFileSync(join(cwd, 'job.env'), variables);
    const given = variables === undefined ? [] : ['--variables', 'job.env'];
    const env = { LANG: 'C.UTF-8' };
    const args = ['manifest', ...options, ...given, 'app.json'];
    const { status, stdout, stderr } = await emissary(args, { cwd, env });
    assert.deepEqual([status, stderr], [0, expected.said ? `emissary: ${expected.said}` : '']);
    assert.doesNotMatch(stdout.toString(), /hidden/);
    const objects = parseAllDocuments(stdout.toString()).map((document) => document.toJS());
    assert.deepEqual(restrictedViolations(objects.at(-1).spec), []);
    check(partsOf(objects), expected);
  });
}

/** The contents of the pod and its Secrets. */
function partsOf(objects: readonly (Secret & { readonly spec: Spec })[]) {
  const held = (role: string, key: string) => {
    const secret = objects.find(({ metadata }) => metadata.name.endsWith(`-${role}`));
    const bytes = secret?.kind === 'Secret' ? secret.data[key] : undefined;
    return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes, 'base64').toString());
  };
  const spec = objects.at(-1)?.spec;
  const [main] = spec?.containers ?? [];
  const text = environmentOf(spec?.initContainers[0])['EMISSARY_TEMPLATE'];
  return {
    plain: environmentOf(main),
    args: held('job', 'arguments.json') ?? main?.command.slice(4),
    secret: held('job', 'variables.json'),
    template: text === undefined ? held('init', 'template.json') : JSON.parse(text),
  };
}

function check(
  { plain, args, secret, template }: ReturnType<typeof partsOf>,
  expected: DefinitionCase['expected'],
) {
  if (expected.args !== undefined) assert.deepEqual(args, expected.args);
  for (const [name, value] of Object.entries(expected.plain ?? {})) assert.equal(plain[name], value, name);
  if (expected.secret !== undefined) assert.deepEqual(secret, expected.secret);
  if (expected.masked !== undefined) {
    const added = (plain['EMISSARY_MASK_ENV'] ?? '').replace(/^.*ENCRYPTION_MASTER_KEY,?/, '');
    assert.deepEqual(added.split(',').filter(Boolean), expected.masked);
  }
  if (expected.outputs !== undefined) assert.deepEqual(template.outputs ?? null, expected.outputs);
  for (const [key, value] of Object.entries(expected.multiflexi ?? {}))
    assert.deepEqual(template.multiflexi[key] ?? null, value, key);
}

test('there are at least 40 definitions', () => {
  assert.ok(definitions.length >= 40, String(definitions.length));
});

function environmentOf(container: Container | undefined): Record<string, string> {
  return Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
}
