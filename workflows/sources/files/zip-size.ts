import { inflateRawSync } from 'node:zlib';

/**
 * How large the files of a ZIP archive are together when they are unpacked (PKWARE's APPNOTE, 4.3.7, 4.3.12 and 4.3.16); null where it
 * is none, is cut or damaged, or says of a file that it were smaller than it is. Stops counting beyond `limit`.
 */
export function unpackedSize(archive: Buffer, limit: number): number | null {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > archive.length) return null;
  const entries = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  let size = 0;
  for (let entry = 0; entry < entries && size <= limit; entry++) {
    if (at + 46 > archive.length || archive.toString('latin1', at, at + 4) !== 'PK\x01\x02') return null;
    const declared = archive.readUInt32LE(at + 24);
    size += declared;
    if (size <= limit && !isAsDeclared(archive, at, declared)) return null;
    at += 46 + archive.readUInt16LE(at + 28) + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return size;
}

function isAsDeclared(archive: Buffer, at: number, declared: number): boolean {
  const packed = archive.readUInt32LE(at + 20);
  const header = archive.readUInt32LE(at + 42);
  if (header + 30 > archive.length) return false;
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  if (start + packed > archive.length) return false;
  const isStored = archive.readUInt16LE(at + 10) === 0;
  if (isStored || declared === 0) return !isStored || packed === declared;
  try {
    return inflateRawSync(archive.subarray(start, start + packed), { maxOutputLength: declared }).length === declared;
  } catch {
    return false;
  }
}
