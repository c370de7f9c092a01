import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { forEachOf } from '../helpers/batches.ts';
import { emissary } from '../helpers/emissary.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const database = { MULTIFLEXI_DATABASE_URL: 'sqlite:///tmp/none.sqlite' };
const rest = { MULTIFLEXI_JOB_ID: '7', MULTIFLEXI_API_USER: 'u', MULTIFLEXI_API_PASSWORD: 'hidden-word' };
const shapes = 'mysql://user:password@host:3306/database or sqlite:///absolute/path.sqlite';

const wrong: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [database, 'MULTIFLEXI_JOB_ID is not set: without it there is no job to report'],
  [{ ...database, MULTIFLEXI_JOB_ID: '7x' }, 'MULTIFLEXI_JOB_ID is not a job ID (a number, 1 or more)'],
  [{ ...database, MULTIFLEXI_JOB_ID: '0' }, 'MULTIFLEXI_JOB_ID is not a job ID (a number, 1 or more)'],
  [
    { MULTIFLEXI_DATABASE_URL: 'postgres://u:hidden-word@h/d' },
    `MULTIFLEXI_DATABASE_URL is not of the form ${shapes}`,
  ],
  [
    { MULTIFLEXI_DATABASE_URL: 'sqlite://relative.sqlite' },
    `MULTIFLEXI_DATABASE_URL is not of the form ${shapes}`,
  ],
  [
    { MULTIFLEXI_DATABASE_URL: 'mysql://u:hidden-word@h' },
    `MULTIFLEXI_DATABASE_URL has no database; its form is ${shapes}`,
  ],
  [
    { MULTIFLEXI_DATABASE_URL: 'mysql://u:hidden-word@%2Frun%2Fmysqld.sock/d' },
    `MULTIFLEXI_DATABASE_URL has no host; its form is ${shapes}`,
  ],
  [{ MULTIFLEXI_DATABASE_URL: 'mysql://h/d' }, `MULTIFLEXI_DATABASE_URL has no user; its form is ${shapes}`],
  [
    { MULTIFLEXI_DATABASE_URL: 'mysql://u:hidden-word@h/d?tls=1' },
    'MULTIFLEXI_DATABASE_URL has an unknown parameter; known are ssl-ca and socket',
  ],
  [
    { MULTIFLEXI_DATABASE_URL: 'mysql://u:hidden-word@h/d?ssl-ca=/no/such.pem' },
    'MULTIFLEXI_DATABASE_URL, ssl-ca: cannot read its file (ENOENT: no such file or directory)',
  ],
  [
    { MULTIFLEXI_DATABASE_URL: 'mysql://u:hidden-word@localhost/d?socket=run/s' },
    'MULTIFLEXI_DATABASE_URL, socket: it is not an absolute path',
  ],
  [
    { MULTIFLEXI_DATABASE_URL: 'mysql://u:hidden-word@h/d?socket=/run/s' },
    'MULTIFLEXI_DATABASE_URL, socket: a socket is local: set the host to localhost',
  ],
  [
    { MULTIFLEXI_DATABASE_URL: 'mysql://u:hidden-word@localhost/d?socket=/run/s&ssl-ca=/etc/hostname' },
    'MULTIFLEXI_DATABASE_URL, ssl-ca: its file does not hold a certificate (PEM)',
  ],
  [
    { ...database, MULTIFLEXI_DATABASE_URL_FILE: '/no/such' },
    'MULTIFLEXI_DATABASE_URL and MULTIFLEXI_DATABASE_URL_FILE are both set; set one of them',
  ],
  [
    { ...rest, MULTIFLEXI_API_URL: 'http://server.example/api' },
    'MULTIFLEXI_API_URL: plain HTTP would expose the password; use https://',
  ],
  [{ ...rest, MULTIFLEXI_API_URL: 'ftp://h' }, 'MULTIFLEXI_API_URL is not an http:// or https:// address'],
  [
    { ...rest, MULTIFLEXI_API_URL: 'https://u:hidden-word@h/' },
    'MULTIFLEXI_API_URL contains a user name or password; set MULTIFLEXI_API_USER and …_PASSWORD instead',
  ],
  [
    { MULTIFLEXI_API_URL: 'https://h/' },
    'MULTIFLEXI_API_USER is not set: the REST server requires a user name',
  ],
  [
    { MULTIFLEXI_API_URL: 'https://h/', MULTIFLEXI_API_USER: 'u' },
    'Neither MULTIFLEXI_API_PASSWORD nor MULTIFLEXI_API_PASSWORD_FILE is set',
  ],
  [
    { ...rest, MULTIFLEXI_API_URL: 'https://h/', MULTIFLEXI_TIMEZONE: 'Mars/Olympus' },
    'MULTIFLEXI_TIMEZONE is not a time zone (like Europe/Prague)',
  ],
  [{ MULTIFLEXI_REPORT: 'half' }, 'MULTIFLEXI_REPORT is neither full, output nor none'],
  [
    { ...rest, MULTIFLEXI_API_URL: 'https://h/', MULTIFLEXI_REPORT: 'output' },
    'MULTIFLEXI_REPORT=output needs MULTIFLEXI_DATABASE_URL: a REST server does not store output',
  ],
  [{ EMISSARY_RESULTS_DIR: 'results' }, 'EMISSARY_RESULTS_DIR is not an absolute path'],
  [{ EMISSARY_OUTPUT_ROWS: '0' }, 'EMISSARY_OUTPUT_ROWS is not a number of rows (1 or more)'],
  [{ EMISSARY_REPORT_SECONDS: 'long' }, 'EMISSARY_REPORT_SECONDS is not a number of seconds (0 or more)'],
  [{ EMISSARY_TIMEOUT_SECONDS: '-1' }, 'EMISSARY_TIMEOUT_SECONDS is not a number of seconds (0 or more)'],
  [
    { EMISSARY_DEADLINE: 'tomorrow' },
    'EMISSARY_DEADLINE is not a time (RFC 3339, like 2026-01-31T22:00:00Z)',
  ],
  [
    { ...rest, MULTIFLEXI_API_URL: 'https://h/', MULTIFLEXI_API_CA_FILE: '/etc/hostname' },
    'MULTIFLEXI_API_CA_FILE: its file does not hold a certificate (PEM)',
  ],
  [
    { MULTIFLEXI_DATABASE_URL: 'mysql://u:hidden-word@h/d?ssl-ca=/etc/hostname' },
    'MULTIFLEXI_DATABASE_URL, ssl-ca: its file does not hold a certificate (PEM)',
  ],
];

test('wait reports an invalid setting in one message, shows no secret and writes nothing', async (t) => {
  await forEachOf(wrong, async ([env, sentence]) => {
    const root = temporaryVolume(t);
    const { status, stderr, stdout } = await emissary(['wait'], { root, env });
    assert.deepEqual([status, stderr, stdout.toString()], [64, `emissary: ${sentence}\n`, '']);
    assert.deepEqual(readdirSync(root), []);
  });
});

test('wait and report read a secret from a file', async (t) => {
  const root = temporaryVolume(t);
  const file = join(temporaryVolume(t), 'url');
  writeFileSync(file, 'sqlite:///no/such/multiflexi.sqlite\n');
  const env = { MULTIFLEXI_JOB_ID: '7', MULTIFLEXI_DATABASE_URL_FILE: file };
  const { status, stderr } = await emissary(['report'], { root, env });
  assert.equal(status, 64);
  assert.equal(
    stderr,
    `emissary: Nothing to deliver: ${root}/report/report.json does not exist or is not a report; run "emissary wait" to gather one\n`,
  );
});
