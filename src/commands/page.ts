import { openVolume } from '../observe/open-volume.ts';
import { pageHtml } from '../page/page-html.ts';
import { publishPage } from '../page/publish-page.ts';
import { readPage } from '../page/read-page.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { pageSettings } from '../settings/verbs/page-settings.ts';

/**
 * `multiflexi-emissary page`: writes one HTML file that shows a run.
 *
 * @returns 0
 * @throws Fault `usage`, `volume`
 */
export async function page(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const { root, output, title } = pageSettings(invocation, args);
  const volume = openVolume(root);
  await publishPage(output, pageHtml(await readPage(volume, title)));
  invocation.print(`${output}\n`);
  return 0;
}
