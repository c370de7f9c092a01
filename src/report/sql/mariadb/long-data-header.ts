import type { PrepareStatementInfo } from 'mysql2';

/**
 * What is before a piece of a prepared statement's value in its packet, which the driver has no word for
 * (https://mariadb.com/kb/en/com_stmt_send_long_data/). The server puts the pieces together, and takes them in the place
 * of what the statement is executed with: that must be the last value, and an empty text.
 *
 * @param parameter counts from 0
 * @param pieceBytes less than 16 MiB, the most that a packet has
 */
export function longDataHeader(
  statement: PrepareStatementInfo,
  parameter: number,
  pieceBytes: number,
): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUIntLE(headerBytes - 4 + pieceBytes, 0, 3);
  header[4] = sendLongData;
  header.writeUInt32LE((statement as unknown as { readonly id: number }).id, 5);
  header.writeUInt16LE(parameter, 9);
  return header;
}

/** Length and number of the packet, which is the first of its kind; the command, the statement, the parameter. */
const headerBytes = 4 + 1 + 4 + 2;
const sendLongData = 0x18;
