import type { Commands } from './cli.ts';

/** The verbs of both programs. Each is loaded on demand. */
export const podCommands: Commands = {
  init: async () => (await import('./commands/init.ts')).init,
  run: async () => (await import('./commands/run.ts')).run,
  wait: async () => (await import('./commands/wait.ts')).wait,
  signal: async () => (await import('./commands/signal.ts')).signal,
  resume: async () => (await import('./commands/resume.ts')).resume,
  report: async () => (await import('./commands/report.ts')).report,
  status: async () => (await import('./commands/status.ts')).status,
  hold: async () => (await import('./commands/hold.ts')).hold,
  send: async () => (await import('./commands/send.ts')).send,
};
