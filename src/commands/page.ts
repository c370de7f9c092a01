import { Interrupts } from '../launch/interrupts.ts';
import { openVolume } from '../observe/open-volume.ts';
import { pageHtml } from '../page/page-html.ts';
import { publishPage } from '../page/publish-page.ts';
import { readPage } from '../page/read-page.ts';
import { servePage } from '../page/serve-page.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { pageSettings } from '../settings/verbs/page-settings.ts';

/**
 * `multiflexi-emissary page`: writes one HTML file that shows a run, or serves it until a signal. Prints where it is.
 *
 * @returns 0
 * @throws Fault `usage`, `volume`
 */
export async function page(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const { root, output, port, title } = pageSettings(invocation, args);
  const volume = openVolume(root);
  if (port === null) {
    await publishPage(output, pageHtml(await readPage(volume, title)));
    invocation.print(`${output}\n`);
    return 0;
  }
  const stop = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    new Interrupts(invocation.ignored).listen(() => resolve());
  });
  invocation.print(`${await servePage(volume, { port, title, signal: stop.signal })}\n`);
  await Promise.race([stopped, invocation.defect]);
  stop.abort();
  return 0;
}
