import { podCommands } from './pod-commands.ts';
import { startProgram } from './start-program.ts';

/** The program for pods: `dist/emissary`. It is copied to every job's volume, so it contains only what a pod needs. */
startProgram({
  name: 'emissary',
  commands: podCommands,
  elsewhere: Object.fromEntries(
    ['manifest', 'launch', 'attach', 'cancel', 'list', 'doctor', 'operator', 'mirror', 'pod-log', 'page'].map(
      (verb) => [verb, 'multiflexi-emissary'],
    ),
  ),
});
