import { resolve } from 'node:path';
import { buildIfChanged } from './start/build-if-changed.ts';
import { type JobDatabase, openDatabase } from './start/database.ts';
import { Interrupts } from './start/interrupts.ts';
import { type JobKind, ownCommand, sampleJob } from './start/job-kinds.ts';
import { Place } from './start/place.ts';
import { runRoles } from './start/run-roles.ts';
import { Screen } from './start/screen.ts';
import { tellSummary } from './start/tell-summary.ts';

/**
 * `npm start [-- COMMAND ARG…]`: one job from its row in a MultiFlexi database to its report there, by the three roles
 * of a pod as three processes of the built file. Without a command the job is the sample application.
 *
 *   MULTIFLEXI_DATABASE_URL   an SQLite database, sqlite:///absolute/path (default ./multiflexi.sqlite)
 *   KEEP=1                    keep the temporary directory with the volume, and say where it is
 *
 * Ends with the job's exit code; 64 where something of ours failed.
 */
process.exitCode = await start(process.argv.slice(2));

async function start(command: readonly string[]): Promise<number> {
  const interrupts = new Interrupts();
  try {
    const program = resolve('dist/emissary');
    await buildIfChanged(interrupts);
    const database = openDatabase(process.env['MULTIFLEXI_DATABASE_URL'] ?? null);
    const place = await Place.make();
    const kind = command.length === 0 ? sampleJob(place) : ownCommand(place, command);
    const jobId = await plan(database, kind, place);
    const screen = new Screen(place.progress);
    screen.note(`Job ${jobId}: ${kind.command.join(' ')}`);
    const ended = await runRoles({
      program,
      place,
      kind,
      jobId,
      databaseUrl: database.url,
      screen,
      interrupts,
    });
    screen.close();
    const kept = await place.leave(process.env['KEEP'] === '1' || !ended.delivered);
    tellSummary({ ended, database, jobId, kept });
    return ended.status;
  } catch (error) {
    if (interrupts.status !== null) return interrupts.status;
    // What we say in one sentence needs no trace; a defect does.
    const sentence =
      error instanceof Error && error.name === 'StartError' ? error.message : (error as Error).stack;
    process.stderr.write(`npm start: ${sentence}\n`);
    return 64;
  } finally {
    interrupts.close();
  }
}

/** Plans the job; a job that cannot be planned leaves no directory behind. */
async function plan(database: JobDatabase, kind: JobKind, place: Place): Promise<number> {
  try {
    return database.addJob(kind);
  } catch (error) {
    await place.leave(false);
    throw error;
  }
}
