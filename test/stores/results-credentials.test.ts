import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { startS3Front } from '../helpers/s3-front.ts';
import { access, secret, startS3 } from '../helpers/s3-server.ts';
import { resigned } from '../helpers/sign-s3.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const expiration = new Date(Date.now() + 3_600_000).toISOString();

/** A server that hands out credentials. @returns its address */
async function issuer(t: TestContext, type: string, body: string): Promise<string> {
  const server = createServer((incoming, answer) => {
    incoming.resume();
    incoming.on('end', () => answer.writeHead(200, { 'content-type': type }).end(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEnd(t, () => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Reports a job with credentials of these variables, whose token the server does not know. */
async function reportWith(t: TestContext, env: Readonly<Record<string, string>>): Promise<void> {
  const s3 = await startS3(t);
  if (s3 === null) return;
  const tokens = new Set<unknown>();
  const front = await startS3Front(t, s3.port, (asked) => {
    tokens.add(asked.headers['x-amz-security-token']);
    return { with: resigned(asked, new Date(), secret) };
  });
  const root = temporaryVolume(t);
  await runJob(t, ['echo', 'hello'], { root });
  const url = { EMISSARY_RESULTS_URL: s3.url('', front.port), AWS_REGION: 'us-east-1' };
  const all = { MULTIFLEXI_JOB_ID: '7', HOME: temporaryVolume(t), ...url, ...env };
  const { status, stderr } = await emissary(['wait'], { root, env: all });
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual([...tokens], ['of-a-session']);
  assert.equal(s3.object('7/ctr/main/stdout').toString(), 'hello\n');
}

test('credentials come from the container', async (t) => {
  const body = {
    AccessKeyId: access,
    SecretAccessKey: secret,
    Token: 'of-a-session',
    Expiration: expiration,
  };
  const server = await issuer(t, 'application/json', JSON.stringify(body));
  await reportWith(t, { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server}/credentials` });
});

test('credentials come from a web identity', async (t) => {
  const server = await issuer(
    t,
    'text/xml',
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
      <Credentials><AccessKeyId>${access}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey>
      <SessionToken>of-a-session</SessionToken><Expiration>${expiration}</Expiration></Credentials>
    </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
  );
  const token = join(temporaryVolume(t), 'token');
  writeFileSync(token, 'a token of the cluster');
  await reportWith(t, {
    AWS_ENDPOINT_URL_STS: server,
    AWS_WEB_IDENTITY_TOKEN_FILE: token,
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/reporter',
  });
});

test('credentials come from a profile', async (t) => {
  const file = join(temporaryVolume(t), 'credentials');
  writeFileSync(
    file,
    `[of-mine]\naws_access_key_id = ${access}\naws_secret_access_key = ${secret}\naws_session_token = of-a-session\n`,
  );
  await reportWith(t, { AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'of-mine' });
});
