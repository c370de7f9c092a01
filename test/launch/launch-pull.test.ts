import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Asked, engineFront } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import type { Launcher } from '../helpers/launcher-parts.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const image = 'registry.example:5000/team/private:1';
const line = (value: object) => `${JSON.stringify(value)}\n`;
const pulling = line({ status: 'Pulling from team/private', id: '1' });

/** How registries and engines fail a pull: the answer, and the reason that the user must see. */
const failures: readonly (readonly [string, number, string, RegExp])[] = [
  [
    'denied in the stream',
    200,
    pulling + line({ errorDetail: { message: 'denied: no access' }, error: 'denied: no access' }),
    /: denied: no access$/,
  ],
  [
    'only an errorDetail',
    200,
    pulling + line({ errorDetail: { message: 'manifest unknown' } }),
    /: manifest unknown$/,
  ],
  [
    'no line end after it',
    200,
    pulling + JSON.stringify({ error: 'no space left on device' }),
    /: no space left on device$/,
  ],
  [
    'an error, then more progress',
    200,
    line({ error: 'toomanyrequests: slow down' }) + pulling,
    /: toomanyrequests: slow down$/,
  ],
  [
    'a page of a proxy',
    200,
    '<html>\n<body>Please log in</body>\n</html>\n',
    /: the engine did not answer with JSON: <html>$/,
  ],
  [
    '404 at once',
    404,
    { message: 'pull access denied for team/private' },
    /: pull access denied for team\/private$/,
  ],
  [
    '500 at once',
    500,
    { message: 'Get "https://registry.example:5000/v2/": dial tcp: no such host' },
    /: Get "https:.* no such host$/,
  ],
].map(
  ([what, status, body, reason]) =>
    [what, status, typeof body === 'string' ? body : JSON.stringify(body), reason] as never,
);

for (const [what, status, body, reason] of failures)
  test(`launch tells why a pull failed: ${what}`, async (t) => {
    const launcher = await launcherOf(t, 'docker');
    if (launcher === null) return;
    const front = await engineFront(t, launcher.engine, (asked) =>
      isPull(asked) ? asked.answer(status, body) : asked.pass(),
    );
    const { status: exit, stdout, stderr } = await pull(launcher, front.env);
    assert.deepEqual([exit, stdout.toString()], [64, ''], stderr);
    assert.match(
      stderr,
      /^emissary: Cannot pull the image registry\.example:5000\/team\/private:1: [^\n]*\n$/,
    );
    assert.match(stderr.trimEnd(), reason);
    assert.deepEqual(
      front.asked.filter((each) => each.includes('/containers/create')),
      [],
    );
    assert.deepEqual(launcher.left(), []);
  });

test('launch tells that the engine’s answer to a pull was cut off', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const front = await engineFront(t, launcher.engine, (asked) => {
    if (!isPull(asked)) return void asked.pass();
    asked.response.writeHead(200, { 'Content-Type': 'application/json' }).write(pulling, () => front.cut());
  });
  const { status, stderr } = await pull(launcher, front.env);
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Cannot pull the image [^\n]*\n$/);
  assert.deepEqual(
    front.asked.filter((each) => each.includes('/containers/create')),
    [],
  );
});

test('a TERM during a pull ends launch with 143, and nothing is left', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const asking = Promise.withResolvers<void>();
  const front = await engineFront(t, launcher.engine, (asked) => {
    if (!isPull(asked)) return void asked.pass();
    asked.response
      .writeHead(200, { 'Content-Type': 'application/json' })
      .write(pulling, () => asking.resolve());
  });
  const running = launcher.startScript('echo ran', {
    options: ['--image', image, '--pull', 'missing'],
    env: front.env,
  });
  await asking.promise;
  running.kill('SIGTERM');
  const { status, stdout } = await running.finished;
  assert.deepEqual([status, stdout.toString(), launcher.left()], [143, '', []]);
});

const logins: readonly (readonly [string, object, readonly string[]])[] = [
  ['credsStore alone', { credsStore: 'test' }, ['get registry.example:5000']],
  [
    'credHelpers alone',
    { credHelpers: { 'registry.example:5000': 'test', 'other.example': 'wrong' } },
    ['get registry.example:5000'],
  ],
  [
    'credHelpers before credsStore',
    { credsStore: 'wrong', credHelpers: { 'registry.example:5000': 'test' } },
    ['get registry.example:5000'],
  ],
  [
    'auths',
    {
      auths: {
        'https://registry.example:5000/v1/': { auth: Buffer.from('alice:s:cret').toString('base64') },
      },
    },
    [],
  ],
];

for (const [what, configuration, asks] of logins)
  test(`launch logs in to the image’s registry by config.json: ${what}`, async (t) => {
    const launcher = await launcherOf(t, 'docker');
    if (launcher === null) return;
    const { env, helped } = dockerConfiguration(
      t,
      configuration,
      '{"ServerURL":"x","Username":"alice","Secret":"s:cret"}',
    );
    const sent: unknown[] = [];
    const front = await engineFront(t, launcher.engine, async (asked) => {
      if (!isPull(asked)) return asked.pass();
      const header = Buffer.from(String(asked.headers['x-registry-auth']), 'base64url').toString();
      sent.push(JSON.parse(header));
      assert.doesNotMatch(asked.path, /cret/);
      await launcher.engine?.run(['tag', launcher.options[3] ?? '', image]);
      asked.answer(200, pulling);
    });
    t.after(() => launcher.engine?.run(['rmi', image]));
    const { status, stdout, stderr } = await pull(launcher, { ...front.env, ...env });
    assert.deepEqual([status, stdout.toString(), stderr], [7, 'pulled\n', '']);
    assert.deepEqual(sent, [
      { username: 'alice', password: 's:cret', serveraddress: 'registry.example:5000' },
    ]);
    assert.deepEqual(helped(), asks);
  });

test('launch tells why a credential helper failed, without what it knows', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const front = await engineFront(t, launcher.engine);
  for (const [store, said] of [
    ['test', 'the keyring is locked'],
    ['missing', 'ENOENT'],
  ] as const) {
    const { env } = dockerConfiguration(t, { credsStore: store }, 'the keyring is locked', 1);
    const { status, stderr } = await pull(launcher, { ...front.env, ...env });
    assert.equal(status, 64);
    assert.match(
      stderr,
      new RegExp(
        `^emissary: The credential helper docker-credential-${store} failed for registry[^\\n]*${said}[^\\n]*\\n$`,
      ),
    );
  }
});

function isPull({ method, path }: Asked): boolean {
  return method === 'POST' && path.startsWith('/images/create?');
}

/** Launches a job in the image, which has to be pulled. */
function pull(launcher: Launcher, env: Readonly<Record<string, string>>) {
  return launcher.script('echo pulled; exit 7', { options: ['--image', image, '--pull', 'always'], env });
}

/** A directory with Docker's config.json, and a credential helper that writes down what it is asked. */
function dockerConfiguration(t: TestContext, configuration: object, answer: string, status = 0) {
  const directory = temporaryVolume(t);
  writeFileSync(join(directory, 'config.json'), JSON.stringify(configuration));
  const programs = join(directory, 'bin');
  mkdirSync(programs);
  const log = join(directory, 'log');
  const helper = join(programs, 'docker-credential-test');
  writeFileSync(helper, `#!/bin/sh\necho "$1 $(cat)" >> ${log}\necho '${answer}'\nexit ${status}\n`);
  chmodSync(helper, 0o755);
  return {
    env: { DOCKER_CONFIG: directory, PATH: `${programs}:${process.env['PATH']}` },
    helped: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}
