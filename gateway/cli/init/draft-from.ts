import { open } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve } from 'node:path';

import type { ProductId } from '../../../schema/ids.ts';
import { wrongUsage } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { describeFile } from './describe-file.ts';
import { describeOpenapi } from './describe-openapi.ts';
import { describePostgres } from './describe-postgres.ts';
import type { DescribedSource } from './described.ts';
import { draftProduct } from './draft.ts';
import type { DraftFile } from './draft-contracts.ts';
import { draftRemote } from './draft-remote.ts';
import { documentAt, sdlOf } from './graphql-document.ts';
import { knownMesh } from './mesh-objects.ts';
import { openapiDocument } from './openapi-document.ts';
import { likelyOwner } from './owner.ts';
import type { Owner } from './product-document.ts';
import { skeleton } from './skeleton.ts';

/** What `init` is told besides the product. */
export interface DraftOptions {
  /** A file, or the address of a database, a service or a document; none: a skeleton. */
  readonly from?: string;
  /** Which tables or paths, where the source has several. */
  readonly table?: readonly string[];
  /** Where a service answers whose SDL is given as a file. */
  readonly url?: string;
}

/** Where the product will lie, and whether its data will lie in it. */
export interface DraftPlace {
  readonly folder: string;
  readonly isCopied: boolean;
}

/** A first state of a product's folder, and what is to be said of it. */
export interface Drafted {
  readonly files: readonly DraftFile[];
  readonly notes: readonly string[];
}

/** A document beyond this is no specification. */
const DOCUMENT_BYTES = 10 * 1024 * 1024;

/** The documents of a product's first state, by what `--from` names. */
export async function draftFrom(
  terminal: Terminal,
  id: ProductId,
  { from, table = [], url, ...place }: DraftOptions & DraftPlace,
): Promise<Drafted> {
  const [domain = ''] = id.split('/');
  const owner = await likelyOwner(terminal.cwd, domain);
  if (from === undefined) return { files: skeleton(id, owner), notes: [] };
  const { cwd, signal } = terminal;
  if (/^postgres(ql)?:\/\//i.test(from))
    return ofSource(terminal, id, owner, await describePostgres(from, table, signal));
  if (/^https?:\/\//i.test(from)) return ofAddress(terminal, id, owner, { address: from, table });
  if (/^[a-z]{2,}:\/\//i.test(from))
    throw wrongUsage(
      `${from.slice(0, from.indexOf(':'))} is no kind of address that Weft drafts from: postgres, http or https.`,
    );
  const path = resolve(cwd, from);
  if (/\.(graphqls?|gql)$/.test(path)) {
    const sdl = await textOf(path);
    return { files: draftRemote(id, sdl, { owner, url: addressOf(url), label: basename(path) }), notes: [] };
  }
  const document = /\.(ya?ml|json)$/.test(path) ? openapiDocument(await headOrAll(path)) : null;
  if (document !== null)
    return ofSource(terminal, id, owner, describeOpenapi(document, { label: basename(path), at: null, paths: table }));
  return ofSource(terminal, id, owner, await describeFile(path, nameIn(path, place), signal));
}

async function ofSource(terminal: Terminal, id: ProductId, owner: Owner, source: DescribedSource): Promise<Drafted> {
  const mesh = await knownMesh(terminal, id);
  const files = await draftProduct(id, source, { owner, mesh });
  const unseen =
    mesh === null
      ? [`No Weft answers at ${terminal.settings.url}: what the data refers to in the mesh was not looked for.`]
      : [];
  return { files, notes: [...source.notes, ...unseen] };
}

/** An address is a document's where its path says so, else a GraphQL service's, else a document's all the same. */
async function ofAddress(
  terminal: Terminal,
  id: ProductId,
  owner: Owner,
  { address, table }: { address: string; table: readonly string[] },
): Promise<Drafted> {
  if (!URL.canParse(address)) throw wrongUsage(`${address} is no address.`);
  const { pathname, hostname } = new URL(address);
  const service = /\.(ya?ml|json|graphqls?)$/.test(pathname) ? null : await sdlOf(address, terminal.signal);
  if (service !== null) {
    const files = draftRemote(id, service.sdl, { owner, url: address, label: hostname });
    const note =
      'It is no Federation subgraph: its SDL is what introspection says, so it has no keys, and no other product can refer to it.';
    return { files, notes: service.isSubgraph ? [] : [note] };
  }
  const text = await documentAt(address, terminal.signal);
  const document = openapiDocument(text);
  if (document === null) throw wrongUsage(`What ${address} answers is neither GraphQL nor an OpenAPI document.`);
  return ofSource(
    terminal,
    id,
    owner,
    describeOpenapi(document, { label: basename(pathname) || hostname, at: address, paths: table }),
  );
}

/** As the contract names the file: below the product's folder, else where it lies. */
function nameIn(path: string, { folder, isCopied }: DraftPlace): string {
  const inside = relative(folder, path);
  if (isCopied) return basename(path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}

function addressOf(url: string | undefined): string | null {
  if (url === undefined) return null;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw wrongUsage('--url must be like http://localhost:4001/graphql.');
  return url;
}

/** A specification whole; of a larger file, which is data, nothing. */
async function headOrAll(path: string): Promise<string> {
  const file = await open(path).catch(() => null);
  if (file === null) return '';
  try {
    return (await file.stat()).size > DOCUMENT_BYTES ? '' : await file.readFile('utf8');
  } catch {
    // A folder: that it is no file is said where it is read as data.
    return '';
  } finally {
    await file.close();
  }
}

async function textOf(path: string): Promise<string> {
  const text = await headOrAll(path);
  if (text === '')
    throw wrongUsage(`${path} is no file, is empty, or has more than ${DOCUMENT_BYTES / 1024 / 1024} MiB.`);
  return text;
}
