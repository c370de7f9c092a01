import type { GcsConnection } from './gcs-connection.ts';
import { type GcsObject, gcsFields } from './gcs-object.ts';

interface Page {
  readonly items?: readonly GcsObject[];
  readonly nextPageToken?: string;
}

/** All objects below a prefix, in the order of their keys. @throws StoreError, or the signal's reason */
export async function* listObjects(
  connection: GcsConnection,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<GcsObject> {
  for (let pageToken: string | undefined = ''; pageToken !== undefined; ) {
    const fields = `items(${gcsFields}),nextPageToken`;
    const query = { prefix, fields, ...(pageToken !== '' && { pageToken }) };
    const page: Page = await connection.ask<Page>({ path: '/o', query, isOfBucket: true }, signal);
    yield* page.items ?? [];
    pageToken = page.nextPageToken || undefined;
  }
}
