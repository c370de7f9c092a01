import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { startS3 } from '../helpers/s3-server.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const MiB = 2 ** 20;

test('artifacts that are too large for the database are in the object store, and their rows have the address', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  const job = reportedJob(t);
  const place = temporaryVolume(t);
  const files = {
    // As base64 it is too large; the other one is so itself.
    'huge 1%.bin': Buffer.alloc(25 * MiB),
    'huge.txt': Buffer.alloc(70 * MiB, 'text '),
    'small.txt': Buffer.from('small'),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content);
  const artifacts = Object.keys(files).map((name) => ({
    name,
    path: join(place, name),
    archive: { none: {} },
  }));
  await runJob(t, ['true'], { root: job.root, template: { outputs: { artifacts } } });
  const env = { ...job.env, ...s3.credentials, EMISSARY_RESULTS_URL: s3.url('/kept') };
  const select = 'select filename, content_type, artifact, note from artifacts order by filename';
  for (const round of [1, 2]) {
    const { status, stderr } = await emissary(['wait'], { root: job.root, env });
    assert.deepEqual([status, stderr], [0, ''], `round ${round}`);
    const rows = job.database.query<{ filename: string; content_type: string; artifact: string }>(select);
    const below = `s3://results/kept/7/outputs/artifacts${place}`;
    assert.deepEqual(
      rows.map(({ filename, content_type: type, artifact }) => [filename, type, artifact]),
      [
        ['huge 1%.bin', 'text/uri-list', `${below}/huge%201%25.bin\r\n`],
        ['huge.txt', 'text/uri-list', `${below}/huge.txt\r\n`],
        ['small.txt', 'text/plain', 'small'],
      ],
    );
  }
  for (const [name, content] of Object.entries(files))
    assert.ok(s3.object(`kept/7/outputs/artifacts${place}/${name}`).equals(content), name);
});
