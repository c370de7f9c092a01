import { Fault } from '../base/fault.ts';
import type { Environment } from '../settings/cli/environment.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * Opens the object store of an address: `s3://bucket`, `gs://bucket`, `azblob://container`, `https://host`. The client of each
 * kind is loaded only when it is needed.
 *
 * @param address its path is not used; its query may have options of the store
 * @param environment has its credentials
 * @throws Fault `usage`
 */
export async function openStore(address: URL, environment: Environment): Promise<ObjectStore> {
  switch (address.protocol) {
    case 's3:': {
      const { openS3 } = await import('./s3/s3-store.ts');
      return openS3(address, environment);
    }
    case 'gs:': {
      const { openGcs } = await import('./gcs/gcs-store.ts');
      return openGcs(address, environment);
    }
    case 'azblob:': {
      const { openAzure } = await import('./azure/azure-store.ts');
      return openAzure(address, environment);
    }
    case 'http:':
    case 'https:': {
      const { openHttp } = await import('./http/http-store.ts');
      return openHttp(address, environment);
    }
    default:
      throw new Fault('usage', `There is no object store of the kind ${address.protocol}//`);
  }
}
