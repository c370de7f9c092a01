import type { PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { inPieces } from '../in-pieces.ts';
import type { Sending } from '../object-store.ts';

/**
 * The client sends a body that is in memory as a whole, which does not show how far the server has read it. The bytes are
 * signed by then.
 *
 * @param command one request
 */
export function sendInPieces(command: PutObjectCommand | UploadPartCommand, sent: Sending['sent']): void {
  const stack = command.middlewareStack as PutObjectCommand['middlewareStack'];
  stack.add(
    (next) => (args) => {
      const request = args.request as { body?: unknown };
      if (Buffer.isBuffer(request.body)) request.body = inPieces(request.body, sent);
      return next(args);
    },
    { step: 'deserialize', priority: 'low' },
  );
}
