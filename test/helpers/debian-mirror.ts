import { execa } from 'execa';

/** Where the machine's own packages come from: not the security archive, which has no complete release. */
export async function debianMirror(): Promise<string> {
  const { stdout } = await execa('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI)',
    'Created-By: Packages',
  ]);
  const found = stdout.split('\n').find((uri) => uri !== '' && !uri.includes('security'));
  if (found === undefined) throw new Error('apt has no mirror');
  return found;
}
