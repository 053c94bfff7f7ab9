import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { randomUUID } from 'node:crypto';
import { Refusal } from '../../../schema/errors.ts';
import type { Bytes, FoundFile } from './found-files.ts';
import { incomplete } from './incomplete.ts';
import { firstBytes, type Packing, packingOf, requireWhole, unpacked, type Unpacked } from './packing.ts';

/** A file as DuckDB reads it: UTF-8, and packed as `packing` of all says. */
export interface TextFile {
  readonly name: string;
  readonly bytes: Bytes;
}

/** The first of a file's text. */
export interface TextHead {
  readonly text: string;
  /** False: the text goes on. */
  readonly whole: boolean;
}

/** Unpacked, a file may take this much of the disk: as much as a domain's own SQL may. */
const UNPACKED_MAX_BYTES = 20 * 1024 ** 3;

/** The first `length` bytes of a file as text, unpacked and decoded; fewer where it ends. */
export async function textHead(file: FoundFile, encoding: string, length: number): Promise<TextHead> {
  const bytes = await file.bring(length);
  if (bytes.size === 0) throw incomplete(file.name, 'is empty: it has no byte');
  const start = await firstBytes(bytes, length);
  const packing = packingOf(start);
  const { head, ended } =
    packing === 'none'
      ? { head: start, ended: bytes.whole && bytes.size <= length }
      : await unpackedHead(file.name, bytes, packing, length);
  try {
    return { text: decoder(encoding, head).decode(head, { stream: true }), whole: ended };
  } catch (error) {
    throw notIn(encoding, file.name, error);
  }
}

/**
 * Brings files whole, as UTF-8: where they are, as long as all are packed alike and need no decoding, else unpacked into `folder`.
 * Refuses with SOURCE_INCOMPLETE what breaks off within a packed part or a letter.
 */
export async function plainText(
  files: readonly FoundFile[],
  encoding: string,
  folder: string,
): Promise<{ readonly files: readonly TextFile[]; readonly packing: Packing }> {
  const brought: (TextFile & { readonly packing: Packing; readonly encoding: string })[] = [];
  for (const file of files) {
    const bytes = await file.bring('all');
    if (bytes.size === 0) throw incomplete(file.name, 'is empty: it has no byte');
    const start = await firstBytes(bytes, 4);
    const packing = packingOf(start);
    brought.push({
      name: file.name,
      bytes,
      packing,
      encoding: packing === 'none' ? encodingOf(encoding, start) : encoding,
    });
  }
  const [{ packing }] = brought as [(typeof brought)[number]];
  if (brought.every((one) => one.encoding === 'utf-8' && one.packing === packing)) {
    if (packing !== 'none') for (const { name, bytes } of brought) await requireWhole(name, bytes, packing);
    return { files: brought, packing };
  }
  const files8: TextFile[] = [];
  for (const one of brought)
    files8.push(
      one.encoding === 'utf-8' && one.packing === 'none'
        ? one
        : { name: one.name, bytes: await unpackedInto(folder, one, one.encoding) },
    );
  return { files: files8, packing: 'none' };
}

/** A file unpacked, where it is packed, as it is: for formats that are read from where they please. */
export async function unpackedFile(file: FoundFile, folder: string): Promise<Bytes> {
  const bytes = await file.bring('all');
  if (bytes.size === 0) throw incomplete(file.name, 'is empty: it has no byte');
  const packing = packingOf(await firstBytes(bytes, 4));
  return packing === 'none' ? bytes : unpackedInto(folder, { name: file.name, bytes, packing }, null);
}

async function unpackedInto(
  folder: string,
  { name, bytes, packing }: TextFile & { readonly packing: Packing },
  encoding: string | null,
): Promise<Bytes> {
  const path = join(folder, `${randomUUID()}.plain`);
  const plain = bounded(name, unpacked(bytes.path, packing));
  const text = encoding === null || encoding === 'utf-8' ? plain : decoded(name, plain, encoding);
  await pipeline(text, createWriteStream(path, { mode: 0o600 })).catch((error: unknown) => {
    // A disk that is full is no fault of the file's.
    if (error instanceof Refusal || (error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    throw incomplete(name, packing === 'none' ? 'cannot be read to its end' : `is no whole ${packing} file`, error);
  });
  return { path, size: (await stat(path)).size, whole: true };
}

async function* bounded(name: string, chunks: Unpacked): Unpacked {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > UNPACKED_MAX_BYTES)
      throw incomplete(name, `is larger than ${UNPACKED_MAX_BYTES} bytes when it is unpacked`);
    yield chunk;
  }
}

async function* decoded(name: string, chunks: Unpacked, encoding: string): Unpacked {
  let letters: ReturnType<typeof decoder> | null = null;
  try {
    for await (const chunk of chunks) {
      letters ??= decoder(encoding, chunk);
      yield Buffer.from(letters.decode(chunk, { stream: true }));
    }
    if (letters !== null) yield Buffer.from(letters.decode());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw notIn(encoding, name, error);
  }
}

function notIn(encoding: string, name: string, cause: unknown): Refusal {
  return incomplete(name, `breaks off within a letter, or is not written in ${encoding}`, cause);
}

function decoder(encoding: string, start: Buffer) {
  const used = encodingOf(encoding, start);
  // What is UTF-8 is judged by DuckDB, line by line.
  return new TextDecoder(used, { fatal: used !== 'utf-8' });
}

/** What a byte order mark says wins over a contract's words: such bytes begin nothing else. */
function encodingOf(encoding: string, start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : encoding;
}

/** As much of a packed file as `length` bytes of it yield; what of it is not here yet is no fault. */
async function unpackedHead(
  name: string,
  bytes: Bytes,
  packing: Packing,
  length: number,
): Promise<{ head: Buffer; ended: boolean }> {
  const head: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of unpacked(bytes.path, packing)) {
      head.push(chunk);
      size += chunk.length;
      if (size > length) return { head: Buffer.concat(head).subarray(0, length), ended: false };
    }
  } catch (error) {
    if (bytes.whole) throw incomplete(name, `is no whole ${packing} file`, error);
    return { head: Buffer.concat(head), ended: false };
  }
  return { head: Buffer.concat(head), ended: bytes.whole };
}
