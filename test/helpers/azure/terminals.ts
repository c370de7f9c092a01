import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Engine } from '../engine.ts';

/** A program that somebody may connect to. */
interface Ticket {
  readonly container: string;
  readonly program: string;
  readonly password: string;
}

const MiB = 2 ** 20;

/**
 * The terminals of programs in containers: `script` gives each one a terminal. The first message is the password; all others are
 * what is typed.
 */
export class Terminals {
  /** What a connection gets in place of its program: nothing, and its end. */
  mute = false;
  /** How many connections were made. */
  opened = 0;
  readonly #engine: Engine;
  readonly #tickets = new Map<string, Ticket>();
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #running = new Set<() => void>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Lets somebody connect. @returns the path, and the password */
  admit(container: string, program: string): { readonly path: string; readonly password: string } {
    const path = `/exec/${randomUUID()}`;
    const password = randomUUID();
    this.#tickets.set(path, { container, program, password });
    return { path, password };
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = this.#tickets.get(request.url ?? '');
    if (ticket === undefined) {
      socket.destroy();
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.opened += 1;
      client.once('message', (first: Buffer) => {
        if (this.mute || first.toString() !== ticket.password) client.close();
        else this.#connect(client, ticket);
      });
    });
  }

  /** Cuts all connections. */
  cut(): void {
    for (const end of [...this.#running]) end();
  }

  #connect(client: WebSocket, { container, program }: Ticket): void {
    const line = `podman exec --interactive --tty ${container} ${program}`;
    const terminal = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
      env: { ...process.env, ...this.#engine.env, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const end = () => {
      this.#running.delete(end);
      client.terminate();
      terminal.kill('SIGKILL');
    };
    this.#running.add(end);
    terminal.stdin.on('error', () => undefined);
    terminal.stdout.on('data', (piece: Buffer) => {
      const resume = () => {
        if (client.bufferedAmount < MiB) terminal.stdout.resume();
      };
      client.send(piece.toString('latin1'), resume);
      if (client.bufferedAmount > 4 * MiB) terminal.stdout.pause();
    });
    client.on('message', (typed: Buffer) => terminal.stdin.write(typed));
    client.on('close', end);
    terminal.on('close', () => {
      this.#running.delete(end);
      client.close();
    });
  }
}
