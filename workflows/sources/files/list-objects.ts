import { readFile } from 'node:fs/promises';
import { DOMParser, type Element, onErrorStopParsing } from '@xmldom/xmldom';
import picomatch from 'picomatch';
import type { ObjectPlace } from '../../../schema/contract/file-place.ts';
import { Refusal } from '../../../schema/errors.ts';
import type { FoundFile } from './found-files.ts';
import { incomplete } from './incomplete.ts';
import { FILES_MAX } from './local-files.ts';
import { endsLike } from './matching-paths.ts';
import { objectAddress } from './signed-headers.ts';

/** Objects that are listed to find those of a pattern: more are no folder of data, but a lake. */
const LISTED_MAX = 200_000;

export interface ListedObject {
  readonly key: string;
  readonly etag: string | null;
  readonly bytes: number;
  readonly modifiedMs: number;
}

interface Page {
  readonly objects: readonly ListedObject[];
  /** By which the next page is asked for; null: this is the last. */
  readonly next: string | null;
}

/**
 * The objects that a key means which is a pattern, or ends in a slash, in the order of their keys (S3's ListObjectsV2). Refuses with
 * SOURCE_MISSING where there is none, or there are more than are read as one source.
 */
export async function listObjects(
  { place, key, endings, label }: { place: ObjectPlace; key: string; endings: readonly string[]; label: string },
  pageAt: (address: string) => FoundFile,
): Promise<ListedObject[]> {
  const isFolder = key.endsWith('/');
  const prefix = isFolder ? key : prefixOf(key);
  const ends = endsLike(endings);
  const isMeant = isFolder ? (one: string) => ends(one) && !one.slice(key.length).includes('/') : picomatch(key);
  const found: ListedObject[] = [];
  let listed = 0;
  let next: string | null = null;
  do {
    const query = new URLSearchParams({ 'list-type': '2', prefix, 'encoding-type': 'url' });
    if (next !== null) query.set('continuation-token', next);
    const page = await pageOf(pageAt(`${objectAddress(place, '').replace(/\/$/, '')}?${query.toString()}`), label);
    for (const object of page.objects)
      // What begins with a dot or a low line is a writer's mark; a step of dots would lead elsewhere as an address.
      if (!/(^|\/)([._][^/]*$|\.\.?\/)/.test(object.key) && !object.key.endsWith('/') && isMeant(object.key))
        found.push(object);
    listed += page.objects.length;
    if (found.length > FILES_MAX || listed > LISTED_MAX)
      throw new Refusal(
        'SOURCE_MISSING',
        found.length > FILES_MAX
          ? `${JSON.stringify(label)} is more than ${FILES_MAX} objects, which is as many as are read as one source: bring them together, or name fewer.`
          : `${JSON.stringify(label)} looks through more than ${LISTED_MAX} objects: begin it with the prefix below which they lie.`,
      );
    ({ next } = page);
  } while (next !== null);
  if (found.length === 0)
    throw new Refusal(
      'SOURCE_MISSING',
      `No object is at ${JSON.stringify(label)}, of ${listed} below ${JSON.stringify(prefix)}.`,
    );
  return found.sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** What stands before the first letter of a pattern that means something: `data/2026-` of `data/2026-*.csv`. */
function prefixOf(pattern: string): string {
  return /^[^*?[\]{}()!+@\\]*/.exec(pattern)?.[0] ?? '';
}

async function pageOf(file: FoundFile, label: string): Promise<Page> {
  const { path } = await file.bring('all');
  const text = await readFile(path, 'utf8');
  try {
    const root = new DOMParser({ onError: onErrorStopParsing }).parseFromString(text, 'text/xml').documentElement;
    if (root?.localName !== 'ListBucketResult') throw new Error(`It is ${root?.localName ?? 'nothing'}.`);
    const isEncoded = textIn(root, 'EncodingType') === 'url';
    return {
      objects: childrenOf(root, 'Contents').map((element) => {
        const key = textIn(element, 'Key') ?? '';
        return {
          key: isEncoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key,
          etag: quoted(textIn(element, 'ETag')),
          bytes: Number(textIn(element, 'Size') ?? 0),
          modifiedMs: Date.parse(textIn(element, 'LastModified') ?? '') || 0,
        };
      }),
      next: textIn(root, 'IsTruncated') === 'true' ? textIn(root, 'NextContinuationToken') : null,
    };
  } catch (error) {
    throw incomplete(label, 'was answered with a list of objects that cannot be read', error);
  }
}

/** As a header has it: some stores leave the quotes out here. */
function quoted(etag: string | null): string | null {
  return etag === null || etag.startsWith('"') ? etag : `"${etag}"`;
}

function childrenOf(element: Element, name: string): Element[] {
  return Array.from(element.childNodes).filter((node): node is Element => (node as Element).localName === name);
}

function textIn(element: Element, name: string): string | null {
  return childrenOf(element, name)[0]?.textContent ?? null;
}
