import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import type { Bytes } from './found-files.ts';
import { incomplete } from './incomplete.ts';

/** How the bytes of a file are packed, whatever its name says. */
export type Packing = 'none' | 'gzip' | 'zstd';

/** What reads a stream of bytes and yields another. */
export type Unpacked = AsyncIterable<Buffer>;

/** The packing by the first bytes: RFC 1952 section 2.3.1, RFC 8878 section 3.1.1. */
export function packingOf(head: Buffer): Packing {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none';
}

/** The first bytes of what is here of a file. */
export async function firstBytes({ path, size }: Bytes, length: number): Promise<Buffer> {
  const handle = await open(path);
  try {
    const buffer = Buffer.alloc(Math.min(length, size));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The last bytes of a file. */
export async function lastBytes({ path, size }: Bytes, length: number): Promise<Buffer> {
  const handle = await open(path);
  try {
    const buffer = Buffer.alloc(Math.min(length, size));
    await handle.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer;
  } finally {
    await handle.close();
  }
}

/** A file's bytes, unpacked as they are read. Throws where they break off. */
export function unpacked(path: string, packing: Packing): Unpacked {
  const packed = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (packing === 'zstd') return unzstd(packed);
  if (packing === 'none') return packed as Unpacked;
  const gunzip = createGunzip();
  packed.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => packed.destroy());
  return packed.pipe(gunzip) as Unpacked;
}

/** Unpacks a whole file once, for nothing but to see that it is whole: DuckDB takes one that breaks off for one that ends. */
export async function requireWhole(name: string, { path }: Bytes, packing: Packing): Promise<void> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(unpacked(path, packing), nowhere).catch((error: unknown) => {
    throw incomplete(name, `is no whole ${packing} file`, error);
  });
}

/** Larger, and a few bytes that stand for blocks of 128 KiB each would fill the memory at once. */
const ZSTD_STEP = 1024;

/** Node 20 has no zstd of its own. */
async function* unzstd(packed: AsyncIterable<Buffer>): Unpacked {
  let ready: Buffer[] = [];
  const decompress = new Decompress((chunk) => void ready.push(Buffer.from(chunk)));
  for await (const chunk of packed)
    for (let at = 0; at < chunk.length; at += ZSTD_STEP) {
      decompress.push(chunk.subarray(at, at + ZSTD_STEP));
      yield* ready;
      ready = [];
    }
  decompress.push(new Uint8Array(0), true);
  yield* ready;
}
