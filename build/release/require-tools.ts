import { execa } from 'execa';

/** What the release is made with, beside the packages that `npm ci` installs. */
const tools = ['npm', 'tar', 'apt-get', 'dpkg', 'dpkg-deb', 'dpkg-query'];

/** @throws Error that names every tool that is missing */
export async function requireTools(): Promise<void> {
  const answers = await Promise.all(tools.map((tool) => execa(tool, ['--version'], { reject: false })));
  const missing = tools.filter((_, index) => answers[index]?.exitCode !== 0);
  if (missing.length > 0) {
    throw new Error(`${missing.join(', ')} not found: a release is made on Debian or Ubuntu, with npm`);
  }
  if (!answers[tools.indexOf('tar')]?.stdout.includes('GNU tar'))
    throw new Error('tar is not GNU tar, which can write the same archive twice');
}
