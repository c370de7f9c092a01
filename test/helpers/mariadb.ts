import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { mariadbTables, seedStatements } from '../../build/multiflexi-schema.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

/** A real MariaDB for the test: its own directory and port, strict mode, an unprivileged user. */
export interface Mariadb {
  readonly port: number;
  /** The path of its socket. */
  readonly socket: string;
  /** For MULTIFLEXI_DATABASE_URL; the user may only use MultiFlexi's tables. */
  readonly url: string;
  /** Creates MultiFlexi's job `id` with everything that it refers to. */
  addJob(id: number): Promise<void>;
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Opens another connection that has run this and keeps its locks until it is closed. */
  hold(text: string): Promise<{ end(): Promise<void> }>;
  /** Kills the server, like a power failure. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Password of the reporter; it must never appear in a log. */
export const databasePassword = 'd4tabase-s3cret';

const nobody = 65_534;

/** Starts a server. The caller stops it. @param options more arguments for mariadbd */
export async function startMariadb(options: readonly string[] = []): Promise<Mariadb> {
  const directory = mkdtempSync(join(tmpdir(), 'emissary-mariadb-'));
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  chmodSync(directory, 0o755);
  const home = join(directory, 'server');
  const socket = join(home, 'socket');
  // Each has its own directory for temporary tables: when it starts, a server removes everything that it finds there,
  // including another server's files.
  const temporary = join(home, 'tmp');
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  if (isRoot) for (const path of [home, temporary]) chownSync(path, nobody, nobody);
  const identity = {
    env: { ...process.env, TMPDIR: temporary },
    ...(isRoot ? { uid: nobody, gid: nobody } : {}),
  };
  execFileSync(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${home}/data`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { stdio: ['ignore', 'ignore', 'pipe'], ...identity },
  );
  let server: ChildProcess | null = null;
  const launch = () =>
    spawn(
      findServer() ?? 'mariadbd',
      [
        '--no-defaults',
        `--datadir=${home}/data`,
        `--socket=${socket}`,
        `--pid-file=${home}/pid`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        '--sql-mode=STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO',
        '--character-set-server=utf8mb4',
        '--innodb-flush-log-at-trx-commit=2',
        '--innodb-buffer-pool-size=64M',
        '--skip-name-resolve',
        ...options,
      ],
      { stdio: ['ignore', 'ignore', 'ignore'], ...identity },
    );
  const start = async () => {
    server = launch();
    const answers = async () => {
      // What a killed server has left may keep the next one from starting for a moment.
      if (server === null || server.exitCode !== null || server.signalCode !== null) server = launch();
      return asRoot(socket, (connection) => connection.query('select 1'));
    };
    await until('MariaDB answers', answers);
  };
  const kill = async () => {
    const gone = server;
    if (gone === null || gone.exitCode !== null || gone.signalCode !== null) return;
    const exited = new Promise((resolve) => gone.once('exit', resolve));
    gone.kill('SIGKILL');
    await exited;
  };
  await start();
  await asRoot(socket, async (connection) => {
    await connection.query('create database multiflexi character set utf8mb4');
    await connection.query('use multiflexi');
    for (const statement of mariadbTables) await connection.query(statement);
    await connection.query(`create user reporter@'127.0.0.1' identified by '${databasePassword}'`);
    await connection.query("grant select, insert, update on multiflexi.* to reporter@'127.0.0.1'");
  });
  return {
    port,
    socket,
    url: `mysql://reporter:${databasePassword}@127.0.0.1:${port}/multiflexi`,
    addJob: (id) =>
      asRoot(socket, async (connection) => {
        await connection.query('use multiflexi');
        for (const statement of seedStatements(id)) await connection.query(statement);
      }),
    query: <Row>(text: string, values: readonly unknown[] = []) =>
      asRoot(socket, async (connection) => {
        await connection.query('use multiflexi');
        return (await connection.query(text, [...values]))[0] as unknown as readonly Row[];
      }),
    hold: async (text) => {
      const connection = await createConnection({ socketPath: socket, user: 'root', database: 'multiflexi' });
      await connection.query(text);
      let ended: Promise<void> | null = null;
      return {
        end: () => {
          ended ??= connection.end();
          return ended;
        },
      };
    },
    kill,
    start,
    stop: async () => {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Connection = Awaited<ReturnType<typeof createConnection>>;

/** By the server's own socket: another one could be at its port. */
async function asRoot<T>(socketPath: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection({ socketPath, user: 'root', dateStrings: true });
  try {
    return await use(connection);
  } finally {
    await connection.end();
  }
}

function findServer(): string | null {
  return ['/usr/sbin/mariadbd', '/usr/bin/mariadbd', '/usr/libexec/mariadbd'].find(existsSync) ?? null;
}
