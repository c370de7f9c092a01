import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const raw = { data: '' };
const input = (more: object) => ({ inputs: { artifacts: [{ name: 'a', path: '/x', ...more }] } });
const artifact = (more: object) => ({ outputs: { artifacts: [{ name: 'a', path: '/x', ...more }] } });
const parameter = (more: object) => ({
  outputs: { parameters: [{ name: 'a', valueFrom: { path: '/x' }, ...more }] },
});

const oneSource = 'must have exactly one of raw, rawBase64, file, http, s3, gcs, azure and git, found';

/** Each key of inputs, script and outputs with invalid values. */
const templates: readonly (readonly [object, string])[] = [
  [{ inputs: [] }, 'inputs: must be an object, found an array'],
  [{ inputs: { artifacts: {} } }, 'inputs.artifacts: must be an array, found an object'],
  [{ inputs: { artifacts: ['x'] } }, 'inputs.artifacts[0]: must be an object, found a string'],
  [input({ name: null, raw }), 'inputs.artifacts[0].name: must be a string, found null'],
  [
    { inputs: { artifacts: [{ name: 'a', raw }] } },
    'inputs.artifacts[0].path: must be a string, found nothing',
  ],
  [input({ path: 'x', raw }), 'inputs.artifacts[0].path: must be an absolute path'],
  [input({ path: '/a/../x', raw }), 'inputs.artifacts[0].path: must not contain ".."'],
  [input({ path: '/a\0b', raw }), 'inputs.artifacts[0].path: must not contain NUL'],
  [input({}), `inputs.artifacts[0]: ${oneSource} 0`],
  [input({ raw, file: '/y' }), `inputs.artifacts[0]: ${oneSource} 2`],
  [input({ raw: {} }), 'inputs.artifacts[0].raw.data: must be a string, found nothing'],
  [input({ raw: 'x' }), 'inputs.artifacts[0].raw: must be an object, found a string'],
  [input({ rawBase64: 7 }), 'inputs.artifacts[0].rawBase64: must be a string or an object, found a number'],
  [input({ rawBase64: {} }), 'inputs.artifacts[0].rawBase64: its data must be a string, found nothing'],
  [input({ file: 'y' }), 'inputs.artifacts[0].file: must be an absolute path'],
  [input({ file: { path: 'y' } }), 'inputs.artifacts[0].file.path: must be an absolute path'],
  [input({ file: 7 }), 'inputs.artifacts[0].file: must be a string or an object, found a number'],
  [input({ http: {} }), 'inputs.artifacts[0].http.url: must be a string, found nothing'],
  [input({ http: { url: 'ftp://x' } }), 'inputs.artifacts[0].http.url: must be an http(s) URL'],
  [input({ http: { url: 'http://' } }), 'inputs.artifacts[0].http.url: must be an http(s) URL'],
  [
    input({ http: { url: 'http://x/', sha256: 'abc' } }),
    'inputs.artifacts[0].http.sha256: must be 64 hexadecimal digits',
  ],
  [input({ optional: 1, raw }), 'inputs.artifacts[0].optional: must be true or false, found a number'],
  [input({ mode: '0644', raw }), 'inputs.artifacts[0].mode: must be a number, found a string'],
  [input({ mode: 4096, raw }), 'inputs.artifacts[0].mode: must be at most 4095'],
  [input({ mode: -1, raw }), 'inputs.artifacts[0].mode: must be at least 0'],
  [input({ mode: 1.5, raw }), 'inputs.artifacts[0].mode: must be a whole number, found a fraction'],
  [input({ archive: 'tar', raw }), 'inputs.artifacts[0].archive: must be an object, found a string'],
  [input({ archive: { tar: true }, raw }), 'inputs.artifacts[0].archive.tar: must be an object, found true'],
  [input({ archive: { zstd: {} }, raw }), 'inputs.artifacts[0].archive: an input cannot be zstd'],
  [
    input({ archive: { tar: {}, zip: {} }, raw }),
    'inputs.artifacts[0].archive: must have one strategy, found tar and zip',
  ],
  [{ script: {} }, 'script.source: must be a string, found nothing'],
  [artifact({ name: 7 }), 'outputs.artifacts[0].name: must be a string, found a number'],
  [artifact({ path: '/a\0' }), 'outputs.artifacts[0].path: must not contain NUL'],
  [artifact({ archive: 'zip' }), 'outputs.artifacts[0].archive: must be an object, found a string'],
  [artifact({ archive: { zip: true } }), 'outputs.artifacts[0].archive.zip: must be an object, found true'],
  [
    artifact({ archive: { none: [] } }),
    'outputs.artifacts[0].archive.none: must be an object, found an array',
  ],
  [
    artifact({ archive: { zstd: { level: 20 } } }),
    'outputs.artifacts[0].archive.zstd.level: must be at most 19',
  ],
  [
    artifact({ archive: { tar: { compressionLevel: -1 } } }),
    'outputs.artifacts[0].archive.tar.compressionLevel: must be at least 0',
  ],
  [
    artifact({ archive: { tar: { compressionLevel: 1.5 } } }),
    'outputs.artifacts[0].archive.tar.compressionLevel: must be a whole number, found a fraction',
  ],
  [
    artifact({ archive: { tar: { compressionLevel: '9' } } }),
    'outputs.artifacts[0].archive.tar.compressionLevel: must be a number, found a string',
  ],
  [{ outputs: { parameters: {} } }, 'outputs.parameters: must be an array, found an object'],
  [parameter({ name: 7 }), 'outputs.parameters[0].name: must be a string, found a number'],
  [parameter({ valueFrom: 'x' }), 'outputs.parameters[0].valueFrom: must be an object, found a string'],
  [parameter({ valueFrom: { path: 'x' } }), 'outputs.parameters[0].valueFrom.path: must be an absolute path'],
  [parameter({ valueFrom: { path: '/..' } }), 'outputs.parameters[0].valueFrom.path: must not contain ".."'],
  [
    parameter({ valueFrom: { path: '/x', default: 7 } }),
    'outputs.parameters[0].valueFrom.default: must be a string, found a number',
  ],
  [
    {
      outputs: {
        parameters: [
          { name: 'a', valueFrom: { path: '/x', default: '1' } },
          { name: 'b', valueFrom: { path: '/x' } },
          { name: 'c', valueFrom: { path: '//x/', default: '2' } },
        ],
      },
    },
    'outputs.parameters[2].valueFrom.default: parameter a has the same path and another default',
  ],
];

test('init rejects each invalid key of inputs, script and outputs by its path, and writes nothing', async (t) => {
  const root = temporaryVolume(t);
  for (const [template, problem] of templates) {
    const stdin = JSON.stringify(template);
    const { status, stderr } = await emissary(['init', '--template', '-'], { root, stdin });
    const [sentence, ...more] = stderr.split(/: (?=inputs|script|outputs)|\n/);
    assert.deepEqual([status, more.at(0), more.length], [64, problem, 2], stderr);
    assert.match(sentence ?? '', /^emissary: Invalid template /);
    assert.deepEqual(readdirSync(root), []);
  }
});
