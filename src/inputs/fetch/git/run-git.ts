import { type StdioOptions, spawn } from 'node:child_process';
import { limits } from '../../../base/limits.ts';
import { printable } from '../../../base/printable.ts';
import { shorten } from '../../../base/shorten.ts';
import { pause } from '../../../base/timer.ts';

/** One command of git. */
interface GitCommand {
  readonly path: string;
  /** Without credentials: others can see them. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Descriptors that it inherits, from 3 on. */
  readonly held: readonly number[];
  readonly signal: AbortSignal;
}

/** Git has refused; the message is its own reason. */
export class GitFailure extends Error {
  /** The server does not have, or does not give, what was asked for: it may be had in another way. */
  readonly isOfRevision: boolean;
  /** It may work the next time. */
  readonly mayPass: boolean;

  constructor(text: string) {
    super(reasonIn(text));
    this.isOfRevision = ofRevision.test(text);
    this.mayPass = passing.test(text);
  }
}

const ofRevision =
  /unadvertised object|not our ref|Remote branch .* not found|couldn't find remote ref|does not allow request for/i;
const passing =
  /Could not resolve host|timed out|Connection (?:reset|refused|closed)|early EOF|unexpected disconnect|RPC failed|returned error: (?:5\d\d|429)|Empty reply|invalid index-pack/i;

/** Runs git, again where it may work the next time. @throws GitFailure */
export async function runGit(command: GitCommand): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const failure = await once(command);
    if (failure === null) return;
    if (!failure.mayPass || attempt === limits.fetchAttempts || command.signal.aborted) throw failure;
    await pause(limits.fetchPauseMs * 2 ** (attempt - 1), command.signal);
  }
}

function once({ path, args, environment, held, signal }: GitCommand): Promise<GitFailure | null> {
  return new Promise((resolve, reject) => {
    let text = '';
    const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', ...held];
    const child = spawn(path, args, { env: environment, stdio, signal });
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      text = (text + piece).slice(-limits.gitMessageBytes);
    });
    child.on('error', (error) => {
      const hours = limits.fetchMs / 3_600_000;
      reject(signal.aborted ? new Error(`not fetched within ${hours} hours`, { cause: error }) : error);
    });
    child.on('close', (status) => resolve(status === 0 ? null : new GitFailure(text)));
  });
}

/** What ssh says before git says that it cannot read from the repository. */
const ofSsh = /^Host key verification failed|: Permission denied \(/;

/** What git says first is the reason; what follows is advice. */
function reasonIn(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const line =
    lines.find((each) => ofSsh.test(each)) ??
    lines.find((each) => /^(?:fatal|error|ssh|remote: error):/.test(each)) ??
    lines.find((each) => each !== '');
  return `git: ${shorten(printable((line ?? 'failed').replace(/^(?:fatal|error): /, '')))}`;
}
