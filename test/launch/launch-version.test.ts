import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asked, engineFront } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';

/** The newest and the oldest version of the API that an engine has, and the one to be spoken with it. */
const agreed = [
  ['1.40', '1.12', '1.40'],
  ['1.41', '1.12', '1.41'],
  ['1.48', '1.24', '1.48'],
  ['1.52', '1.44', '1.52'],
  ['1.60', '1.44', '1.52'],
] as const;

const refused = [
  ['1.39', '1.12', '1.39'],
  ['1.60', '1.53', '1.53 to 1.60'],
  ['2.0', '2.0', '2.0 to 2.0'],
] as const;

for (const name of ['docker', 'podman'] as const) {
  test(`${name}: launch speaks the newest version of the API that both know`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    for (const [ApiVersion, MinAPIVersion, spoken] of agreed) {
      const versions = new Set<string | null>();
      const front = await engineFront(t, launcher.engine, (asked) => {
        if (tellVersion(asked, ApiVersion, MinAPIVersion)) return undefined;
        versions.add(asked.version);
        // The engine of this machine has its own.
        return asked.pass(asked.path);
      });
      const { status, stdout, stderr } = await launcher.script('echo done; exit 7', { env: front.env });
      assert.deepEqual([status, stdout.toString(), stderr], [7, 'done\n', ''], ApiVersion);
      assert.deepEqual([...versions], [spoken]);
    }
  });
}

test('launch names both ranges where it has no version in common with the engine', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  for (const [ApiVersion, MinAPIVersion, range] of refused) {
    const front = await engineFront(t, null, (asked) => tellVersion(asked, ApiVersion, MinAPIVersion));
    const { status, stdout, stderr } = await launcher.script('exit 7', { env: front.env });
    assert.deepEqual([status, stdout.toString(), launcher.left()], [64, '', []]);
    assert.equal(
      stderr,
      `emissary: docker speaks the versions ${range} of Docker's API, and this program 1.40 to 1.52: upgrade the older one\n`,
    );
    assert.deepEqual(
      front.asked.filter((each) => !/ \/(_ping|version)$/.test(each)),
      [],
    );
  }
});

test('launch tells that what listens on the socket is no engine', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  for (const [status, body] of [
    [200, '<html>Welcome</html>'],
    [404, 'not found'],
    [500, { message: 'the engine is broken' }],
  ] as const) {
    const front = await engineFront(t, null, (asked) => asked.answer(status, body));
    const { status: exit, stderr } = await launcher.script('exit 7', { env: front.env });
    assert.equal(exit, 64);
    assert.match(stderr, /^emissary: Cannot reach docker at [^\n]*\n$/);
    if (typeof body === 'object') assert.match(stderr, /: it answered the engine is broken$/m);
  }
});

/** Answers as an engine with these versions, where that is asked for. */
function tellVersion({ path, response, answer }: Asked, newest: string, oldest: string): boolean {
  if (path === '/version') answer(200, { Version: '99', ApiVersion: newest, MinAPIVersion: oldest });
  else if (path === '/_ping')
    response.writeHead(200, { 'Api-Version': newest, Server: 'Docker/99 (linux)' }).end('OK');
  return path === '/version' || path === '/_ping';
}
