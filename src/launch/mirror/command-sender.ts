import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pauseFor } from '../../base/timer.ts';
import type { FrameEncoding } from '../../contract/mirror/frame-stream.ts';
import type { SenderConnection } from './follow-sender.ts';

/** Starts a sender by a command: `docker exec -i C /var/run/argo/emissary send`. */
export async function commandSender(of: {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly encoding: FrameEncoding;
}): Promise<SenderConnection> {
  const [file = '', ...args] = of.command;
  const child = spawn(file, args, { env: of.env, stdio: ['pipe', 'pipe', 'inherit'] });
  const failed = new Promise<string>((resolve) => child.on('error', (error) => resolve(messageOf(error))));
  return {
    input: child.stdout,
    output: child.stdin,
    encoding: of.encoding,
    failed,
    close: async (released) => {
      if (released) await Promise.race([once(child, 'exit'), pauseFor(limits.senderExitMs)]);
      child.stdin.destroy();
      child.stdout.destroy();
      child.kill();
    },
  };
}
