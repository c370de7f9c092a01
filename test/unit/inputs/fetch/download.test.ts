import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { limits } from '../../../../src/base/limits.ts';
import { download } from '../../../../src/inputs/fetch/download.ts';
import { until } from '../../../helpers/until.ts';
import { temporaryVolume } from '../../../helpers/volume.ts';

const cases: readonly (readonly [string, string, RegExp])[] = [
  ['drips', 'x', /\/file: too slow: only 1 bytes in 60 s$/],
  ['is silent', '', /\/file: no data for 60 s$/],
];

for (const [what, body, sentence] of cases) {
  test(`download gives up a server that ${what} after a minute, three times`, async (t) => {
    const server = createServer((_, response) => {
      response.writeHead(200).flushHeaders();
      if (body !== '') response.write(body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    t.after(() => server.close().closeAllConnections());
    const url = `http://u:s3cret@127.0.0.1:${(server.address() as AddressInfo).port}/file?t0ken`;
    t.mock.timers.enable({ apis: ['setInterval'] });
    const place = join(temporaryVolume(t), 'file');
    const failed = assert.rejects(download({ url, sha256: null }, place, 1000), sentence);
    for (let attempt = 1; attempt <= limits.fetchAttempts; attempt += 1) {
      await once(server, 'request');
      // The timer of the previous attempt.
      rmSync(place, { force: true });
      await until('its bytes are there', () => statSync(place).size === body.length);
      t.mock.timers.tick(limits.fetchSilenceMs);
    }
    await failed;
  });
}
