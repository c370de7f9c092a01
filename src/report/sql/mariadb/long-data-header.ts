import type { PrepareStatementInfo } from 'mysql2';

/**
 * The packet header for a piece of a prepared statement's value, which the driver does not support
 * (https://mariadb.com/kb/en/com_stmt_send_long_data/). The server concatenates the pieces and uses them instead of the
 * value that the statement is executed with: that must be the last one, and an empty text.
 *
 * @param parameter counts from 0
 * @param pieceBytes less than 16 MiB, the maximum size of a packet
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

/** Length and sequence number of the packet (0, as the first one), command, statement, parameter. */
const headerBytes = 4 + 1 + 4 + 2;
const sendLongData = 0x18;
