import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const directory = 'images/operator';

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
