import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { versitygwPath, versitygwProgram } from '../stores/versitygw-program.ts';
import { atEnd } from './at-end.ts';
import type { Certificate } from './certificate.ts';
import { freePort } from './free-port.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** A server with S3's API on a directory, with one bucket. */
export interface S3Server {
  readonly port: number;
  readonly endpoint: string;
  readonly bucket: string;
  /** The variables of its credentials. */
  readonly credentials: Readonly<Record<string, string>>;
  /** For EMISSARY_RESULTS_URL. @param port of a front of it */
  url(path?: string, port?: number): string;
  /** The keys of all objects, sorted. */
  keys(): readonly string[];
  object(key: string): Buffer;
  /** Where an object's bytes are. */
  path(key: string): string;
  /** Uploads in parts that are neither complete nor aborted. */
  uploads(): number;
  /** Their parts. */
  parts(): number;
}

/** What starts differently. */
export interface S3Plan {
  readonly bucket?: string;
  readonly certificate?: Certificate;
  /** Where it listens: default 127.0.0.1; empty: everywhere, so that pods reach it. */
  readonly address?: string;
}

/** Starts one; null if it cannot be built here. */
export async function startS3(t: TestContext, plan: S3Plan = {}): Promise<S3Server | null> {
  if (!existsSync(await versitygwPath()) && !requireProgram(t, 'go')) return null;
  const { server, stop } = await s3Process(temporaryVolume(t), plan);
  atEnd(t, stop);
  return server;
}

/** Starts one on a directory. */
export async function s3Process(
  place: string,
  { bucket = 'results', certificate, address = '127.0.0.1' }: S3Plan = {},
): Promise<{ readonly server: S3Server; stop(): Promise<void> }> {
  const program = await versitygwProgram();
  const port = await freePort();
  const [objects, about] = [join(place, 'objects'), join(place, 'about')];
  mkdirSync(join(objects, bucket), { recursive: true });
  mkdirSync(about);
  const tls = certificate === undefined ? [] : ['--cert', certificate.path, '--key', certificate.keyPath];
  const options = ['--port', `${address}:${port}`, '--quiet', '--keep-alive', ...tls];
  const process = spawn(program, [...options, 'posix', '--sidecar', about, objects], {
    stdio: 'ignore',
    env: { ROOT_ACCESS_KEY_ID: access, ROOT_SECRET_ACCESS_KEY: secret },
  });
  await until('the S3 server listens', () => listens(port));
  const scheme = certificate === undefined ? 'http' : 'https';
  const server = {
    port,
    endpoint: `${scheme}://127.0.0.1:${port}`,
    bucket,
    credentials: { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret },
    url: (path = '', at = port) => `s3://${bucket}${path}?endpoint=${scheme}://127.0.0.1:${at}`,
    keys: () => keysIn(join(objects, bucket)),
    object: (key: string) => readFileSync(join(objects, bucket, key)),
    path: (key: string) => join(objects, bucket, key),
    uploads: () => globSync(join(objects, bucket, '.sgwtmp/multipart/*/*')).length,
    parts: () => globSync(join(objects, bucket, '.sgwtmp/multipart/*/*/*')).length,
  };
  return { server, stop: () => stopped(process) };
}

/** The credentials of the server. */
export const access = 'AKIDOFTHESTORE';
/** The secret is looked for in messages. */
export const secret = 'SecretOfTheStore+/x';

function keysIn(directory: string): readonly string[] {
  return globSync('**/*', { cwd: directory })
    .filter((path) => !path.startsWith('.sgwtmp') && statSync(join(directory, path)).isFile())
    .sort();
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function stopped(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) return resolve();
    server.on('exit', () => resolve());
    server.kill('SIGKILL');
  });
}
