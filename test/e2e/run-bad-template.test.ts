import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runJob } from '../helpers/job.ts';

const templates: readonly [string, string][] = [
  ['null', '(the document): must be an object, found null'],
  ['[]', '(the document): must be an object, found an array'],
  ['"x"', '(the document): must be an object, found a string'],
  ['{"outputs":[]}', 'outputs: must be an object, found an array'],
  ['{"outputs":{"artifacts":{}}}', 'outputs.artifacts: must be an array, found an object'],
  ['{"outputs":{"artifacts":[{"name":"a"}]}}', 'outputs.artifacts[0].path: must be a string, found nothing'],
  [
    '{"outputs":{"artifacts":[{"name":"a","path":"relative"}]}}',
    'outputs.artifacts[0].path: must be an absolute path',
  ],
  [
    '{"outputs":{"artifacts":[{"name":"a","path":"/x/../y"}]}}',
    'outputs.artifacts[0].path: must not contain ".."',
  ],
  [
    '{"outputs":{"artifacts":[{"name":7,"path":"/x"}]}}',
    'outputs.artifacts[0].name: must be a string, found a number',
  ],
  [
    '{"outputs":{"artifacts":[{"name":"a","path":"/x","optional":"yes"}]}}',
    'outputs.artifacts[0].optional: must be true or false, found a string',
  ],
  [
    '{"outputs":{"artifacts":[{"name":"a","path":"/x","archive":{"tar":{"compressionLevel":10}}}]}}',
    'outputs.artifacts[0].archive.tar.compressionLevel: must be at most 9',
  ],
  [
    '{"outputs":{"artifacts":[{"name":"a","path":"/x","archive":{"tar":{},"zip":{}}}]}}',
    'outputs.artifacts[0].archive: must have one strategy, found tar and zip',
  ],
  [
    '{"outputs":{"artifacts":[{"name":"a","path":"/x","archive":{"zstd":{"level":0}}}]}}',
    'outputs.artifacts[0].archive.zstd.level: must be at least 1',
  ],
  [
    '{"outputs":{"parameters":[{"name":"a"}]}}',
    'outputs.parameters[0].valueFrom: must be an object, found nothing',
  ],
  [
    '{"outputs":{"parameters":[{"name":"a","valueFrom":{"path":7}}]}}',
    'outputs.parameters[0].valueFrom.path: must be a string, found a number',
  ],
  ['{"script":"x"}', 'script: must be an object, found a string'],
  ['{"script":{"source":7}}', 'script.source: must be a string, found a number'],
  ['{"volumeMounts":[{"mountPath":"x"}]}', 'volumeMounts[0].mountPath: must be an absolute path'],
  ['{"containerSet":{"containers":[{"name":"A"}]}}', 'containerSet.containers[0].name: must be a DNS label'],
  [
    '{"containerSet":{"containers":[{"name":"a","dependencies":["b"]}]}}',
    'containerSet.containers[0].dependencies[0]: is not another container of the set',
  ],
  [
    '{"containerSet":{"containers":[{"name":"a","dependencies":["a"]}]}}',
    'containerSet.containers[0].dependencies[0]: is not another container of the set',
  ],
  [
    '{"containerSet":{"containers":[{"name":"a","dependencies":"b"}]}}',
    'containerSet.containers[0].dependencies: must be an array, found a string',
  ],
  [
    '{"containerSet":{"containers":[{"name":"a","dependencies":["b"]},{"name":"b","dependencies":["a"]}]}}',
    'containerSet.containers: a and b wait for each other',
  ],
  [
    '{"containerSet":{"containers":[{"name":"main"},{"name":"main"}]}}',
    'containerSet.containers[1].name: "main" is a duplicate',
  ],
  [
    '{"containerSet":{"containers":[],"retryStrategy":{"retries":-1}}}',
    'containerSet.retryStrategy.retries: must be at least 0',
  ],
  [
    '{"containerSet":{"retryStrategy":{"retries":"many"}}}',
    'containerSet.retryStrategy.retries: must be a whole number',
  ],
  [
    '{"containerSet":{"retryStrategy":{"retries":1.5}}}',
    'containerSet.retryStrategy.retries: must be a whole number or a string, found a fraction',
  ],
  [
    '{"containerSet":{"retryStrategy":{"duration":"soon"}}}',
    'containerSet.retryStrategy.duration: must be a duration like "5", "30s" or "2m"',
  ],
  [
    '{"containerSet":{"retryStrategy":{"duration":"1.2.3s"}}}',
    'containerSet.retryStrategy.duration: must be a duration like "5", "30s" or "2m"',
  ],
  [
    '{"containerSet":{"retryStrategy":{"duration":5}}}',
    'containerSet.retryStrategy.duration: must be a string, found a number',
  ],
  ['{"sidecars":[{"name":"../x"}]}', 'sidecars[0].name: must be a DNS label'],
  ['{"sidecars":[{"name":"main"}]}', 'sidecars[0].name: "main" is a main container'],
  ['{"sidecars":[{"name":"a"},{"name":"a"}]}', 'sidecars[1].name: "a" is a duplicate'],
  [
    '{"containerSet":{"containers":[{"name":"a"}]},"outputs":{"artifacts":[{"name":"x","path":"/x"}]}}',
    'containerSet.containers: inputs and outputs require a container named main',
  ],
  ['{"sidecars":{}}', 'sidecars: must be an array, found an object'],
  ['{"multiflexi":{"resultFile":"x"}}', 'multiflexi.resultFile: must be an absolute path'],
  [
    '{"multiflexi":{"artifactPatterns":[5]}}',
    'multiflexi.artifactPatterns[0]: must be a string, found a number',
  ],
  [
    '{"multiflexi":{"limits":{"artefactBytes":1}}}',
    'multiflexi.limits: must not have the key "artefactBytes"',
  ],
  ['{"multiflexi":{"limits":{"artifactBytes":-1}}}', 'multiflexi.limits.artifactBytes: must be at least 0'],
  [
    '{"multiflexi":{"limits":{"inputBytes":"1 GiB"}}}',
    'multiflexi.limits.inputBytes: must be a number, found a string',
  ],
  [
    '{"multiflexi":{"limits":{"parameterBytes":262145}}}',
    'multiflexi.limits.parameterBytes: must be at most 262144',
  ],
];

for (const [template, problem] of templates) {
  test(`run rejects the template ${template}`, async (t) => {
    const { status, stdout, stderr, kept } = await runJob(t, ['echo', 'started'], { template });
    const message = `Invalid template ${kept.root}/template: ${problem}`;
    assert.deepEqual([status, stdout.toString(), stderr], [64, '', `emissary: ${message}\n`]);
    const { verdict, origin, exitCode, pid, message: said } = kept.result();
    assert.deepEqual([verdict, origin, exitCode, pid, said], ['error', 'emissary', 64, null, message]);
    assert.equal(kept.text('exitcode'), '64');
  });
}

for (const template of ['', '{"a":', 'no JSON', '{} {}']) {
  test(`run rejects a template with invalid JSON: ${JSON.stringify(template)}`, async (t) => {
    const { status, stderr, kept } = await runJob(t, ['echo', 'started'], { template });
    assert.equal(status, 64);
    const start = `emissary: Cannot read template ${kept.root}/template: not valid JSON (`;
    assert.ok(stderr.startsWith(start) && stderr.endsWith(')\n'), stderr);
    assert.equal(kept.text('exitcode'), '64');
  });
}

test('run rejects a template that is too large', async (t) => {
  const template = `{"x":"${'x'.repeat(2 * 1024 * 1024)}"}`;
  const { status, stderr, kept } = await runJob(t, ['true'], { template });
  const message = `emissary: Cannot read template ${kept.root}/template: larger than 2097152 bytes\n`;
  assert.deepEqual([status, stderr], [64, message]);
});

test('run ignores unknown keys, and null where Argo writes it', async (t) => {
  const template = {
    name: 'x',
    container: { image: 'x' },
    inputs: { artifacts: null, parameters: [{ name: 'x' }] },
    outputs: null,
    sidecars: null,
    script: null,
    volumeMounts: null,
    containerSet: null,
    multiflexi: null,
  };
  assert.equal((await runJob(t, ['true'], { template })).status, 0);
});
