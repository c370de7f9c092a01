import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildIfChanged } from './start/build-if-changed.ts';
import { type JobDatabase, openDatabase } from './start/database.ts';
import { type JobKind, ownCommand, sampleJob } from './start/job-kinds.ts';
import { launchJob } from './start/launch-job.ts';
import { printSummary } from './start/print-summary.ts';
import { SignalForwarder } from './start/signal-forwarder.ts';
import { Workspace } from './start/workspace.ts';

/**
 * `npm start [-- COMMAND ARG…]`: one job from its row in a MultiFlexi database to its report there, by
 * `multiflexi-emissary launch --engine native`. Without a command the job is the sample application.
 *
 *   MULTIFLEXI_DATABASE_URL   an SQLite database, sqlite:///absolute/path (default ./multiflexi.sqlite)
 *   KEEP=1                    keep the temporary directory with the volume, and print where it is
 *
 * Exits with the job's exit code; 64 where something of ours failed.
 */
process.exitCode = await start(process.argv.slice(2));

async function start(command: readonly string[]): Promise<number> {
  const signals = new SignalForwarder();
  try {
    const program = resolve('dist/multiflexi-emissary');
    await buildIfChanged(signals.first);
    const database = openDatabase(process.env['MULTIFLEXI_DATABASE_URL'] ?? null);
    const workspace = await Workspace.make();
    const kind = command.length === 0 ? sampleJob(workspace) : ownCommand(workspace, command);
    const jobId = await plan(database, kind, workspace);
    process.stderr.write(`Job ${jobId}: ${kind.command.join(' ')}\n`);
    const template = join(workspace.directory, 'template.json');
    await writeFile(template, JSON.stringify(kind.template));
    const ended = await launchJob({ program, workspace, kind, template, jobId, database, signals });
    const kept = await workspace.close(process.env['KEEP'] === '1' || !ended.delivered);
    printSummary({ ended, database, jobId, kept });
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
async function plan(database: JobDatabase, kind: JobKind, workspace: Workspace): Promise<number> {
  try {
    return database.addJob(kind);
  } catch (error) {
    await workspace.close(false);
    throw error;
  }
}
