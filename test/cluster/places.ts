import { join } from 'node:path';

/**
 * The running cluster's directory. There is one on a machine, whatever TMPDIR is, since ports, addresses and groups are
 * fixed.
 */
export const runDirectory = '/var/tmp/multiflexi-emissary-cluster';

/** Held while a cluster is started or stopped. */
export const clusterLock = `${runDirectory}.lock`;

/** The administrator's kubeconfig. It appears when the node is ready. */
export const adminKubeconfig = join(runDirectory, 'admin.kubeconfig');

/** Where the programs listen. 198.18.0.0/15 is for measurements (RFC 2544): no network of a company has it. */
export const addresses = {
  apiPort: 16443,
  etcdPort: 12379,
  kubeletPort: 11250,
  pods: '198.18.0.0/24',
  services: '198.19.0.0/16',
  /** The bridge's: pods reach this machine there. */
  node: '198.18.0.1',
  /** The service `kubernetes`: the first address of the services. */
  api: '198.19.0.1',
} as const;

/** What the machine gets for it, and loses afterwards. */
export const machineNames = { bridge: 'emissary-pods', group: 'emissary-cluster' } as const;

/** Like an image of a registry, but it is made here. */
export const pauseImage = 'localhost/pause:1';
