import { type ChildProcess, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import { limits } from '../../../base/limits.ts';
import type { Environment } from '../../../settings/cli/environment.ts';
import type { SshTarget } from './endpoint.ts';

/**
 * Connections to an engine through the ssh program, as Docker's own client makes them: so its configuration, keys,
 * agent and known hosts count. The far side forwards to the engine's socket (`docker system dial-stdio`).
 */
export class SshAgent extends Agent {
  readonly #target: SshTarget;
  readonly #dial: readonly string[];
  readonly #environment: Environment;

  /** @param dial the command there that connects its standard streams to the engine */
  constructor(target: SshTarget, dial: readonly string[], environment: Environment) {
    super({ keepAlive: false });
    this.#target = target;
    this.#dial = dial;
    this.#environment = environment;
  }

  override createConnection(): Duplex {
    const { user, host, port } = this.#target;
    const to = [...(user === null ? [] : ['-l', user]), ...(port === null ? [] : ['-p', String(port)])];
    const options = ['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${limits.sshConnectSeconds}`, '-T'];
    // The address ends what ssh takes for options.
    const child = spawn('ssh', [...options, ...to, '--', host, ...this.#dial], {
      env: Object.fromEntries(this.#environment.all()),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return new SshConnection(child);
  }
}

/** The standard streams of an ssh process as one stream; its last words are the reason where it fails. */
class SshConnection extends Duplex {
  readonly #child: ChildProcess;
  #said = '';

  constructor(child: ChildProcess) {
    super();
    this.#child = child;
    child.stdout?.on('data', (piece: Buffer) => {
      if (!this.push(piece)) child.stdout?.pause();
    });
    child.stderr?.on('data', (piece: Buffer) => {
      this.#said = `${this.#said}${piece}`.slice(-limits.shortMessageCharacters);
    });
    child.on('error', (error) => this.destroy(error));
    child.stdin?.on('error', () => undefined);
    // After `close`, all of its output was read.
    child.on('close', (status) => {
      if (status === 0) this.push(null);
      else this.destroy(new Error(this.#reason(status)));
    });
  }

  #reason(status: number | null): string {
    const said = this.#said.trim().split('\n').at(-1) || `exit status ${status}`;
    return said.startsWith('ssh: ') ? said : `ssh: ${said}`;
  }

  override _read(): void {
    this.#child.stdout?.resume();
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin?.write(piece, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin?.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child.kill('SIGTERM');
    done(error);
  }

  // What node:http asks of a socket.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
