import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const directory = 'images/operator';
/** What is applied beside the bundle or the chart, by whoever wants it. */
const others = ['sample.yaml', 'webhook.yaml', 'webhook-role.yaml', 'page-role.yaml'];

/** Writes all manifests of a release to a directory: whoever has a release needs no checkout. */
export async function writeManifests(to: string): Promise<void> {
  await writeFile(join(to, 'install.yaml'), await installBundle());
  for (const file of others) await copyFile(join(directory, file), join(to, file));
}

/**
 * All that an operator of a whole cluster needs, for `kubectl apply`: the definition, the rights, and the operator. The files are
 * joined as they are: their comments help whoever reads what he installs.
 */
export async function installBundle(): Promise<string> {
  const [definition = '', roles = '', operator = ''] = await Promise.all(
    ['crd.yaml', 'cluster-role.yaml', 'operator.yaml'].map((file) => readFile(join(directory, file), 'utf8')),
  );
  // The other one is for whoever chooses the namespace himself: the operator's own is in operator.yaml.
  const [clusterRole = ''] = roles.split(/^---\n/m);
  return [definition, clusterRole, operator].join('---\n');
}
