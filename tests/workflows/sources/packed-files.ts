/** A zstd frame of raw blocks (RFC 8878, 3.1.1): packed by nobody's compressor, and a whole one. */
export function zstd(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  // Magic number; a frame header without content size, for a window of 128 KiB.
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38])];
  const block = 64 * 1024;
  for (let at = 0; at === 0 || at < bytes.length; at += block) {
    const part = bytes.subarray(at, at + block);
    const header = Buffer.alloc(3);
    header.writeUIntLE((part.length << 3) | (at + block >= bytes.length ? 1 : 0), 0, 3);
    parts.push(header, part);
  }
  return Buffer.concat(parts);
}
