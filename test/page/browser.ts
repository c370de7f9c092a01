import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type LaunchOptions, launch, type Page } from 'puppeteer-core';
import { atEnd } from '../helpers/at-end.ts';
import { emissary } from '../helpers/emissary.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A page of a run in a browser. */
export interface ShownPage {
  readonly page: Page;
  /** What the browser has asked for, the page itself and its own pictures left out. */
  readonly requests: readonly string[];
  /** Errors and dialogs of the page. */
  readonly troubles: readonly string[];
  /** What is shown of the lines that can be seen. */
  lines(): Promise<readonly string[]>;
  /** The verdict in words; null: nothing is shown yet. */
  verdict(): Promise<string | null>;
}

/** How a page is opened. */
interface Opening {
  /** Default: Chromium. */
  readonly in?: 'chromium' | 'firefox-esr';
  readonly scheme?: 'light' | 'dark';
  /** Where downloads go. */
  readonly downloads?: string;
  readonly login?: { readonly username: string; readonly password: string };
  /** Takes any certificate. */
  readonly trustsAll?: boolean;
}

/** What a page is made of: a volume, or other arguments. */
type Source = string | { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> };

/** Writes the page of a run, and opens it; null after the test was skipped. */
export async function showPage(
  t: TestContext,
  source: Source,
  setting: Opening & { readonly hash?: string } = {},
): Promise<(ShownPage & { readonly file: string }) | null> {
  const file = join(temporaryVolume(t), 'run.html');
  const { args, ...where } =
    typeof source === 'string' ? { args: [], root: source } : { args: source.args, env: source.env };
  const { status, stdout, stderr } = await emissary(['page', ...args, '--output', file], where);
  assert.deepEqual([status, stdout.toString(), stderr], [0, `${file}\n`, '']);
  const shown = await openPage(t, `${pathToFileURL(file).href}${setting.hash ?? ''}`, setting);
  return shown === null ? null : { ...shown, file };
}

/** The distribution's browsers. */
const browsers = {
  chromium: {
    executablePath: '/usr/bin/chromium',
    // Its sandbox does not work as root, nor in most containers; what it opens is ours.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  },
  'firefox-esr': { browser: 'firefox', executablePath: '/usr/bin/firefox-esr' },
} satisfies Record<string, LaunchOptions>;

/** Opens an address in a browser; null after the test was skipped. */
export async function openPage(
  t: TestContext,
  url: string,
  setting: Opening = {},
): Promise<ShownPage | null> {
  const { in: kind = 'chromium', trustsAll = false } = setting;
  if (!requireProgram(t, kind)) return null;
  const browser = await launch({
    ...browsers[kind],
    acceptInsecureCerts: trustsAll,
    timeout: 120_000,
    protocolTimeout: 300_000,
  });
  atEnd(t, () => browser.close());
  const page = await browser.newPage();
  const requests: string[] = [];
  const troubles: string[] = [];
  const own = url.split('#')[0] ?? url;
  page.on('request', (request) => {
    if (!request.url().startsWith(own) && !request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (message) => troubles.push(message.text()));
  page.on('dialog', (dialog) => {
    troubles.push(dialog.message());
    return dialog.dismiss();
  });
  await page.setViewport({ width: 1200, height: 900 });
  const { scheme, downloads, login } = setting;
  if (login !== undefined) await page.authenticate(login);
  if (scheme !== undefined)
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  if (downloads !== undefined) {
    const session = await browser.target().createCDPSession();
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
  }
  await page.goto(url, { timeout: 120_000 });
  const textsOf = (selector: string) =>
    page.$$eval(selector, (found) => found.map(({ textContent }) => textContent ?? ''));
  return {
    page,
    requests,
    troubles,
    lines: () => textsOf('.line code'),
    verdict: async () => (await textsOf('.verdict'))[0] ?? null,
  };
}

/** Waits until the log has all its lines: `3 lines`. */
export async function logIsWhole({ page }: ShownPage, text: string): Promise<void> {
  await page.waitForFunction(
    (wanted) => [...document.querySelectorAll('.count')].some(({ textContent }) => textContent === wanted),
    { timeout: 120_000 },
    text,
  );
}

/** What axe finds that is serious or worse. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  // By the debugger: the page itself would not let it in.
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run: () => Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
      };
    };
    return (await axe.run()).violations;
  });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
