import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** A web server that takes files by PUT. */
export interface Nginx {
  readonly url: string;
  /** Where its files are. Those below `private/` want the user `u` and the password `p w`. */
  readonly files: string;
  /** Method, address, status and range (`-`: none) of each request. */
  requests(): readonly string[];
}

/** The distribution's nginx until the test ends. */
export async function startNginx(t: TestContext): Promise<Nginx> {
  const directory = temporaryVolume(t);
  const files = join(directory, 'files');
  mkdirSync(files);
  const port = await freePort();
  const digest = createHash('sha1').update('p w').digest('base64');
  writeFileSync(join(directory, 'users'), `u:{SHA}${digest}\n`);
  writeFileSync(join(directory, 'nginx.conf'), configuration(directory, port));
  const server = spawn('nginx', ['-p', directory, '-c', 'nginx.conf', '-e', 'error.log'], {
    stdio: 'ignore',
    env: { PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  const ended = new Promise((resolve) => server.once('close', resolve));
  atEnd(t, async () => {
    server.kill();
    await ended;
  });
  await until('nginx listens', () => listens(port));
  return {
    url: `http://127.0.0.1:${port}`,
    files,
    requests: () => readFileSync(join(directory, 'access.log'), 'utf8').split('\n').filter(Boolean),
  };
}

function configuration(directory: string, port: number): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events {}
http {
  log_format short '$request_method $request_uri $status $http_range';
  access_log ${directory}/access.log short;
  ${places.map((place) => `${place}_temp_path ${directory}/${place};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    root ${directory}/files;
    client_max_body_size 0;
    dav_methods PUT DELETE;
    create_full_put_path on;
    location /private/ { auth_basic x; auth_basic_user_file ${directory}/users; }
    location /small/ { client_max_body_size 1k; }
    location /busy/ { return 503; }
    location /untagged/ { etag off; }
  }
}
`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}
