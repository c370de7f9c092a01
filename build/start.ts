import { resolve } from 'node:path';
import { buildIfChanged } from './start/build-if-changed.ts';
import { type JobDatabase, openDatabase } from './start/database.ts';
import { type JobKind, ownCommand, sampleJob } from './start/job-kinds.ts';
import { launchJob } from './start/launch-job.ts';
import { printSummary } from './start/print-summary.ts';
import { SignalForwarder } from './start/signal-forwarder.ts';
import { engineOf, startArguments } from './start/start-arguments.ts';
import { Workspace } from './start/workspace.ts';
import { writePage } from './start/write-page.ts';

/**
 * `npm start [-- [OPTION…] [COMMAND ARG…]]`: one job from its row in a MultiFlexi database to its report there, by
 * `multiflexi-emissary launch`. Without a command the job is the sample application. Options before the command are
 * those of `launch`: `npm start -- --engine podman --image debian:12 -- ls /`.
 *
 *   MULTIFLEXI_DATABASE_URL   an SQLite database, sqlite:///absolute/path (default ./multiflexi.sqlite)
 *   KEEP=1                    keep the temporary directory with the volume, and print where it is
 *
 * Exits with the job's exit code; 64 where something of ours failed.
 */
// A reader that has gone away changes nothing about the job.
process.stdout.on('error', () => undefined);
process.exitCode = await start(process.argv.slice(2));

async function start(args: readonly string[]): Promise<number> {
  const signals = new SignalForwarder();
  try {
    const program = resolve('dist/multiflexi-emissary');
    await buildIfChanged(signals.first);
    const database = openDatabase(process.env['MULTIFLEXI_DATABASE_URL'] ?? null);
    const workspace = await Workspace.make();
    const { options, command } = startArguments(args);
    const engine = engineOf(options);
    const place = { workspace, isContainer: engine !== 'native' };
    const kind = command.length === 0 ? sampleJob(place) : ownCommand(place, command);
    const jobId = await plan(database, { kind, engine }, workspace);
    process.stderr.write(`Job ${jobId}: ${kind.command.join(' ')}\n`);
    const ended = await launchJob({ program, workspace, kind, options, jobId, database, signals });
    const page = await writePage(program, workspace.root, jobId);
    const kept = await workspace.close(process.env['KEEP'] === '1' || (ended.started && !ended.delivered));
    printSummary({ ended, database, jobId, kept, page });
    return ended.status;
  } catch (error) {
    if (signals.status !== null) return signals.status;
    // What we report in one sentence needs no trace; a defect does.
    const sentence =
      error instanceof Error && error.name === 'StartError' ? error.message : (error as Error).stack;
    process.stderr.write(`npm start: ${sentence}\n`);
    return 64;
  } finally {
    signals.close();
  }
}

/** Plans the job; if that fails, no directory is left behind. */
async function plan(
  database: JobDatabase,
  { kind, engine }: { readonly kind: JobKind; readonly engine: string },
  workspace: Workspace,
): Promise<number> {
  try {
    return database.addJob(kind, engine);
  } catch (error) {
    await workspace.close(false);
    throw error;
  }
}
