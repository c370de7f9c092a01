import { podCommands } from './pod-commands.ts';
import { startProgram } from './start-program.ts';

/** The program outside pods: `dist/multiflexi-emissary`, for MultiFlexi's host and for users. */
startProgram({
  name: 'multiflexi-emissary',
  commands: {
    ...podCommands,
    manifest: async () => (await import('./commands/manifest.ts')).manifest,
    launch: async () => (await import('./commands/launch.ts')).launch,
  },
  elsewhere: {},
});
