import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { startMariadb } from '../helpers/mariadb.ts';
import { lacks, requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const text = 'one\nhorse 🐎, again 🐎, ž and é\ntwo\n';
const expected: Readonly<Record<string, readonly [stored: string, as: string]>> = {
  utf8mb3: ['one\nhorse \ufffd, again \ufffd, ž and é\ntwo\n', 'U+FFFD'],
  latin1: ['one\nhorse ?, again ?, ž and é\ntwo\n', '"?"'],
  latin2: ['one\nhorse ?, again ?, ž and é\ntwo\n', '"?"'],
  ascii: ['one\nhorse ?, again ?, ? and ?\ntwo\n', '"?"'],
};

test('MariaDB whose column lacks some characters: only these are replaced, and that is logged once', async (t) => {
  if (!requireProgram(t, 'mariadbd')) return lacks(t, 'mariadbd');
  const server = await startMariadb();
  t.after(() => server.stop());
  let jobId = 0;
  for (const [charset, [stored, as]] of Object.entries(expected)) {
    jobId += 1;
    await server.addJob(jobId);
    await server.query('delete from job_output_lines');
    await server.query(`alter table job_output_lines convert to character set ${charset}`);
    const root = temporaryVolume(t);
    await runJob(t, ['sh', '-c', 'printf "%s" "$0"; exit 3', text], { root });
    const env = { MULTIFLEXI_JOB_ID: String(jobId), MULTIFLEXI_DATABASE_URL: server.url };
    const { status, stderr } = await emissary(['wait'], { root, env });
    const sentence = `The column job_output_lines.line has the character set ${charset}: unsupported characters are stored as ${as}`;
    assert.deepEqual([status, stderr], [0, `emissary: ${sentence}\n`]);
    const rows = await server.query<{ line: string }>(
      'select line from job_output_lines where job_id = ? order by seq',
      [jobId],
    );
    assert.equal(rows.map(({ line }) => line).join(''), stored);
    const [row] = await server.query<{ exitcode: number }>('select exitcode from job where id = ?', [jobId]);
    assert.equal(row?.exitcode, 3);
  }
});
