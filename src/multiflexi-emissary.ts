import { podCommands } from './pod-commands.ts';
import { startProgram } from './start-program.ts';

/** The program outside pods: `dist/multiflexi-emissary`, for MultiFlexi's host and for users. */
startProgram({
  name: 'multiflexi-emissary',
  commands: {
    ...podCommands,
    manifest: async () => (await import('./commands/manifest.ts')).manifest,
    launch: async () => (await import('./commands/launch.ts')).launch,
    attach: async () => (await import('./commands/attach.ts')).attach,
    cancel: async () => (await import('./commands/cancel.ts')).cancel,
    list: async () => (await import('./commands/list.ts')).list,
    doctor: async () => (await import('./commands/doctor.ts')).doctor,
    operator: async () => (await import('./commands/operator.ts')).operator,
    mirror: async () => (await import('./commands/mirror.ts')).mirror,
    'pod-log': async () => (await import('./commands/pod-log.ts')).podLog,
    page: async () => (await import('./commands/page.ts')).page,
  },
  elsewhere: {},
});
