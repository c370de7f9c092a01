import { Header } from 'tar';

const blockBytes = 512;
const readableFile = 0o644;

/**
 * A pax extended header (POSIX.1, pax) of any records, whose values may be any bytes; node-tar's supports only its
 * own.
 */
export function paxHeader(records: Iterable<readonly [string, Buffer]>): Buffer {
  const body = Buffer.concat([...records].map(([keyword, value]) => record(keyword, value)));
  const bytes = Buffer.alloc(blockBytes + Math.ceil(body.length / blockBytes) * blockBytes);
  new Header({
    path: 'PaxHeader',
    mode: readableFile,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: new Date(0),
    type: 'ExtendedHeader',
  }).encode(bytes);
  bytes.set(body, blockBytes);
  return bytes;
}

/** `<length> <keyword>=<value>\n`, where the length includes its own digits; a keyword is bytes, one character each. */
function record(keyword: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${keyword}=`, 'latin1'), value, Buffer.from('\n')]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
