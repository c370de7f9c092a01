#!/usr/bin/env node
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AuditError } from './audit-error.ts';
import { auditLockFile } from './audit-lock-file.ts';
import { summaryOf } from './summary.ts';
import { writeCsv } from './write-csv.ts';
import { writeLicenceFiles } from './write-licence-files.ts';
import { writeReport } from './write-report.ts';

/**
 * Audits an npm lock file: every package, its licence, the bytes of its files.
 *
 *   audit.ts [--lock FILE] [--output DIRECTORY]
 *
 * `--lock` (default package-lock.json) is the lock file; node_modules is looked for beside it. `--output` (default
 * licence-audit) gets licences.csv, licences/ and the parameter `package-count`. The report goes to RESULT_FILE (default
 * licence-audit.json in the output directory; a relative one is below MULTIFLEXI_TMP if that is set), progress to
 * PROGRESS_FILE if that is set.
 *
 * Exit status: 0 audited, 1 could not be audited, 2 wrong words.
 */
const usage = 'Usage: audit.ts [--lock FILE] [--output DIRECTORY]';
const startedAt = performance.now();

const args = readArgs();
if (args !== null) {
  const output = resolve(args.output);
  const reportFile = resolve(
    process.env['MULTIFLEXI_TMP'] ?? output,
    process.env['RESULT_FILE'] || 'licence-audit.json',
  );
  process.exitCode = await audit(resolve(args.lock), output, reportFile);
}

function readArgs(): { lock: string; output: string } | null {
  try {
    const { values } = parseArgs({ options: { lock: { type: 'string' }, output: { type: 'string' } } });
    return { lock: values.lock || 'package-lock.json', output: values.output || 'licence-audit' };
  } catch (error) {
    process.stderr.write(`licence-audit: ${(error as Error).message}\n${usage}\n`);
    process.exitCode = 2;
    return null;
  }
}

async function audit(lock: string, output: string, reportFile: string): Promise<number> {
  try {
    await mkdir(output, { recursive: true });
    const packages = await auditLockFile(lock, {
      progressFile: process.env['PROGRESS_FILE'] || null,
      log: (line) => process.stdout.write(`${line}\n`),
      warn: (line) => process.stderr.write(`${line}\n`),
    });
    const csv = join(output, 'licences.csv');
    const licences = join(output, 'licences');
    await writeCsv(csv, packages);
    await writeLicenceFiles(licences, packages);
    await writeFile(join(output, 'package-count'), String(packages.length));
    const { status, message, metrics } = summaryOf(packages);
    const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(3));
    await writeReport(reportFile, {
      status,
      message,
      artifacts: { csv: [csv], licences: [licences] },
      metrics: { ...metrics, seconds },
    });
    process.stdout.write(`${message}\n`);
    return 0;
  } catch (error) {
    return fail(error, reportFile);
  }
}

async function fail(error: unknown, reportFile: string): Promise<number> {
  // A system error says what could not be opened or written; anything else is a defect, and keeps its trace.
  const expected = error instanceof AuditError || (error instanceof Error && 'syscall' in error);
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`licence-audit: ${expected ? message : ((error as Error).stack ?? message)}\n`);
  try {
    await writeReport(reportFile, { status: 'error', message, artifacts: {}, metrics: {} });
  } catch (cause) {
    process.stderr.write(`licence-audit: Cannot write the report: ${(cause as Error).message}\n`);
  }
  return 1;
}
