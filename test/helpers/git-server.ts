import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryVolume } from './volume.ts';

/** A repository of three commits on `main`, the tag `v1` on the first, and a commit on `other`. */
export interface GitServer {
  /** Of the repository, over HTTP. */
  readonly url: string;
  /** The same, a file. */
  readonly path: string;
  /** IDs of the three commits; `file` holds 1, 2 and 3. */
  readonly commits: readonly string[];
  /** What clients asked for. */
  readonly requests: readonly string[];
}

const author = ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'init.defaultBranch=main'];

/**
 * Git's own server, `git http-backend`, until the test ends. It speaks the old protocol, which gives only what branches and
 * tags name.
 *
 * @param password of the user `u`; null: everybody may read
 */
export async function startGitServer(t: TestContext, password: string | null = null): Promise<GitServer> {
  const home = temporaryVolume(t);
  const path = join(home, 'repository.git');
  const work = join(home, 'work');
  mkdirSync(work);
  const git = (...args: string[]) =>
    execFileSync('git', [...author, ...args], { cwd: work, encoding: 'utf8', stdio: 'pipe' }).trim();
  git('init', '--quiet');
  const commits = ['1', '2', '3'].map((text) => {
    writeFileSync(join(work, 'file'), text);
    git('add', 'file');
    git('commit', '--quiet', '--message', text);
    if (text === '1') git('tag', 'v1');
    return git('rev-parse', 'HEAD');
  });
  git('branch', 'other');
  execFileSync('git', ['clone', '--quiet', '--bare', work, path]);
  rmSync(work, { recursive: true });
  const requests: string[] = [];
  const server = createServer((request, answer) => {
    requests.push(`${request.method} ${request.url}`);
    const wanted = `Basic ${Buffer.from(`u:${password}`).toString('base64')}`;
    if (password !== null && request.headers.authorization !== wanted)
      answer.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else backend(home, request, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/repository.git`, path, commits, requests };
}

/** One CGI request. */
function backend(home: string, request: IncomingMessage, answer: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: home,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      ...(request.headers['content-encoding'] === 'gzip' && { HTTP_CONTENT_ENCODING: 'gzip' }),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  request.pipe(child.stdin.on('error', () => undefined));
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.on('close', () => {
    const all = Buffer.concat(pieces);
    const end = all.indexOf('\r\n\r\n');
    const lines = all.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => line.split(': ') as [string, string]));
    answer.writeHead(Number.parseInt(headers['Status'] ?? '200', 10), headers).end(all.subarray(end + 4));
  });
}
