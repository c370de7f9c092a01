import { DeliveryError } from '../base/delivery-error.ts';
import { Fault } from '../base/fault.ts';
import { Interrupts } from '../launch/interrupts.ts';
import { pageHtml } from '../page/page-html.ts';
import { publishPage } from '../page/publish-page.ts';
import { readPage } from '../page/read-page.ts';
import { readStoredPage } from '../page/read-stored-page.ts';
import { type RunHere, requireRun, runHere } from '../page/run-here.ts';
import { servePage } from '../page/serve-page.ts';
import { openDatabase } from '../report/sql/open-database.ts';
import { StoredJob } from '../report/sql/stored-job.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { type PageOrigin, type PageSettings, pageSettings } from '../settings/verbs/page-settings.ts';

/**
 * `multiflexi-emissary page`: writes one HTML file that shows a run, or serves it until a signal. Prints where it is.
 *
 * @returns 0
 * @throws Fault `usage`, `volume`, `delivery`
 */
export async function page(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const settings = pageSettings(invocation, args);
  const { origin, output, port, title } = settings;
  if (origin.kind === 'database') await writeStored(origin, settings);
  else if (port === null) await writePage(origin, settings);
  else return serve(invocation, runHere(origin), { port, title });
  invocation.print(`${output}\n`);
  return 0;
}

async function writePage(
  origin: Exclude<PageOrigin, { kind: 'database' }>,
  { output, title }: PageSettings,
): Promise<void> {
  const run = runHere(origin);
  requireRun(run);
  await publishPage(output, pageHtml(await readPage(run, title)));
}

async function serve(
  invocation: Invocation,
  run: RunHere,
  how: { readonly port: number; readonly title: string | null },
): Promise<number> {
  const stop = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    new Interrupts(invocation.ignored).listen(() => resolve());
  });
  invocation.print(`${await servePage(run, { ...how, signal: stop.signal })}\n`);
  await Promise.race([stopped, invocation.defect]);
  stop.abort();
  return 0;
}

async function writeStored(
  { database, jobId }: Extract<PageOrigin, { kind: 'database' }>,
  { output, title }: PageSettings,
): Promise<void> {
  const stored = new StoredJob(await openDatabase(database, 'read'), jobId);
  try {
    await publishPage(output, pageHtml(await readStoredPage(stored, jobId, title)));
  } catch (error) {
    throw error instanceof DeliveryError ? new Fault('delivery', error.message, { cause: error }) : error;
  } finally {
    await stored.close().catch(() => undefined);
  }
}
