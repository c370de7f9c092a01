import { NativeEngine } from '../native/native-engine.ts';
import { type Check, failed, ok } from './check.ts';
import { type Subject, setupOf } from './subject.ts';
import { tryJob } from './trial-job.ts';

/** What the native engine needs: that a job starts as a process of this machine, and is sealed. */
export function nativeChecks(subject: Subject): readonly Check[] {
  const remedy = 'try it alone: multiflexi-emissary launch --keep always -- true';
  return [
    {
      name: 'job',
      needs: ['pod program', 'state directory', 'disk space'],
      remedy,
      cleansUp: true,
      async examine(signal) {
        const setup = setupOf(subject);
        const engine = new NativeEngine(setup);
        const { podProgram, state } = setup;
        const trial = { engine, podProgram, state, image: null, command: ['true'], programs: '', user: null };
        const { exitCode } = await tryJob(trial, signal);
        return exitCode === 0
          ? ok('the job `true` ran and was sealed')
          : failed(`the job \`true\` exited with ${exitCode}`, 'check that PATH has the program true');
      },
    },
  ];
}
