import { podCommands } from './pod-commands.ts';
import { startProgram } from './start-program.ts';

/** The program of the pod: `dist/emissary`. It is copied onto every job's volume, so it has only what a pod needs. */
startProgram({
  name: 'emissary',
  commands: podCommands,
  elsewhere: { manifest: 'multiflexi-emissary', launch: 'multiflexi-emissary' },
});
