/** `ZBXD`, and flags: 1 the protocol, 2 compressed, 4 the lengths have eight bytes. */
const name = Buffer.from('ZBXD', 'latin1');
const flagsAt = 4;
const lengthAt = 5;
const headerBytes = 13;
/** Digits of a count in the server's answer, at most. */
const mostDigits = 9;

/** A Zabbix server's answer to one value: `taken`, `refused`, or null if it is not an answer of a Zabbix server. */
export type ZabbixAnswer = 'taken' | 'refused' | null;

/**
 * Reads the bytes that a Zabbix server has sent so far.
 * @returns undefined as long as the answer is incomplete
 * @see https://www.zabbix.com/documentation/current/en/manual/appendix/protocols/header_datalen
 */
export function readZabbixAnswer(bytes: Buffer, most: number): ZabbixAnswer | undefined {
  const start = bytes.subarray(0, name.length);
  if (!name.subarray(0, start.length).equals(start)) return null;
  if (bytes.length > flagsAt && bytes[flagsAt] !== 1) return null;
  if (bytes.length < headerBytes) return undefined;
  const length = bytes.readUInt32LE(lengthAt);
  // The reserved field is zero; in compressed packets it is the uncompressed length.
  if (bytes.readUInt32LE(lengthAt + 4) !== 0 || length > most) return null;
  if (bytes.length < headerBytes + length) return undefined;
  return bytes.length > headerBytes + length ? null : judge(bytes.subarray(headerBytes).toString());
}

/** `{"response":"success","info":"processed: 1; failed: 0; total: 1; seconds spent: 0.000055"}` */
function judge(text: string): ZabbixAnswer {
  const { response, info } = parse(text);
  if (response === 'failed') return 'refused';
  if (response !== 'success' || typeof info !== 'string') return null;
  const counts = ['processed', 'failed', 'total'].map((what) => countOf(info, what));
  if (counts.includes(null)) return null;
  return counts.join() === '1,0,1' ? 'taken' : 'refused';
}

function countOf(info: string, what: string): number | null {
  const found = new RegExp(`(?:^|; )${what}: ([0-9]{1,${mostDigits}})(?=;|$)`).exec(info)?.[1];
  return found === undefined ? null : Number(found);
}

function parse(text: string): { readonly response?: unknown; readonly info?: unknown } {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // Not an answer of a Zabbix server.
  }
}
