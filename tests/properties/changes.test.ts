import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DefinitionNode, Kind, parse as parseSdl, print } from 'graphql';
import { parse, stringify } from 'yaml';
import { changes } from '../../schema/contract/changes/changes.ts';
import { linkedProduct } from '../../schema/contract/changes/linked-product.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import type { Mesh, Product, ProductFile } from '../../schema/contract/model.ts';
import { readProduct } from '../../schema/contract/read.ts';
import { subgraphSdl } from '../../schema/contract/sdl.ts';
import { passes } from '../../schema/findings.ts';
import { propertyConfig } from './config.ts';
import { FLIGHTS } from '../schema/contract/changes/flights-product.ts';

const { cases, seed } = propertyConfig();
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const DOMAINS = at('../../subgraphs/domains');
const EXAMPLES = at('../../../shared/odcs/examples');

interface Folder {
  readonly name: string;
  readonly files: readonly ProductFile[];
}

function folderAt(path: string, name: string): Folder | null {
  const paths = readdirSync(path).filter((file) => /\.(ya?ml|sql|graphql)$/.test(file));
  if (!paths.includes('product.odps.yaml')) return null;
  return { name, files: paths.map((file) => ({ path: file, text: readFileSync(join(path, file), 'utf8') })) };
}

const MESH: readonly Folder[] = readdirSync(DOMAINS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) =>
    readdirSync(join(DOMAINS, name), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => folderAt(join(DOMAINS, name, entry.name), entry.name) ?? []),
  );

/** An official contract as the output of a product, with what Weft asks for besides: a key, and a source. */
function exampleFolder(file: string): Folder {
  const contract = parse(readFileSync(join(EXAMPLES, file), 'utf8')) as {
    id: string;
    schema?: { properties?: object[] }[];
  };
  for (const { properties: [first] = [] } of contract.schema ?? [])
    if (first !== undefined) Object.assign(first, { primaryKey: true, primaryKeyPosition: 1 });
  const port = { name: 'out', version: '1.0.0', contractId: contract.id };
  const product = {
    apiVersion: 'v1.0.0',
    kind: 'DataProduct',
    id: 'x',
    domain: 'official',
    name: 'example',
    version: '1.0.0',
    status: 'active',
    outputPorts: [port],
  };
  const transforms = (contract.schema ?? []).map((object) => ({
    path: `${(object as { name?: string }).name}.transform.sql`,
    text: 'select 1',
  }));
  return {
    name: 'example',
    files: [
      { path: 'product.odps.yaml', text: stringify(product) },
      { path: 'out.odcs.yaml', text: stringify(contract) },
      ...transforms,
    ],
  };
}

function productOf({ name, files }: Folder): Product | null {
  return readProduct(files, { folder: name }).product;
}

const OTHERS = MESH.flatMap((folder) => productOf(folder) ?? []);
const CASES: readonly Folder[] = [
  ...MESH,
  { name: 'flights', files: FLIGHTS },
  ...(existsSync(EXAMPLES)
    ? readdirSync(EXAMPLES)
        .filter((file) => file.endsWith('.odcs.yaml'))
        .map(exampleFolder)
    : []),
].filter((folder) => productOf(folder)?.kind === 'managed');

/** The mesh with that product in it; null where the documents do not pass. */
function meshWith(folder: Folder): { mesh: Mesh; product: Product } | null {
  const product = productOf(folder);
  if (product === null) return null;
  const { mesh, findings } = linkMesh([...OTHERS.filter(({ id }) => id !== product.id), product], {
    dangling: 'warning',
  });
  return passes(findings) ? { mesh, product } : null;
}

/** One place of one document, and what becomes of it. */
interface Mutation {
  readonly file: number;
  readonly place: number;
  readonly kind: number;
  readonly word: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  file: fc.nat(),
  place: fc.nat(),
  kind: fc.nat(7),
  word: fc.constantFrom('seen', 'restricted', 'integer', 'string', 'date', 'number', 'late', 'v1', '7'),
});

type Place = { holder: Record<string, unknown>; key: string };

function* placesOf(value: unknown): Generator<Place> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield { holder: value as Record<string, unknown>, key };
    yield* placesOf(inner);
  }
}

function mutated({ name, files }: Folder, mutations: readonly Mutation[]): Folder {
  const documents = files.map(({ path, text }) => (/\.ya?ml$/.test(path) ? (parse(text) as unknown) : null));
  const readable = documents.filter((document) => document !== null);
  for (const { file, place, kind, word } of mutations) {
    const places = [...placesOf(readable[file % readable.length])];
    const picked = places[place % Math.max(1, places.length)];
    if (picked === undefined) continue;
    const { holder, key } = picked;
    const value = holder[key];
    if (Array.isArray(holder)) {
      if (kind < 3) holder.splice(Number(key), 1);
      else if (kind < 5 && typeof value === 'object' && value !== null)
        holder.splice(Number(key), 0, { ...value, ...('name' in value ? { name: `${word}${place % 9}` } : {}) });
    } else if (kind < 2) Reflect.deleteProperty(holder, key);
    else if (typeof value === 'boolean') holder[key] = !value;
    else if (typeof value === 'number') holder[key] = value + 1;
    else if (typeof value === 'string') holder[key] = kind < 5 ? word : `${value} ${word}`;
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      Object.assign(
        value,
        [{ required: true }, { unique: true }, { deprecated: true }, { tags: [word] }, { description: word }][kind % 5],
      );
  }
  const texts = documents.map((document, index) => (document === null ? files[index]?.text : stringify(document)));
  return { name, files: files.map(({ path, text }, index) => ({ path, text: texts[index] ?? text })) };
}

/** Alike in every subgraph, or another domain's own: no product's. Query itself is there as long as one of its fields is, each of which is named. */
const SHARED =
  /^Query$|^(schema|PageInfo|SortDirection|DateUnit|BigInt|Decimal|Date|DateTime|Time|JSON|(ID|String|Int|BigInt|Float|Decimal|Boolean|Date|DateTime|Time)Filter)(\.|$)/;

/** Every type and member of a domain's SDL, with all that is said of it: without the code under test. */
function elementsOf({ mesh, product }: { mesh: Mesh; product: Product }): Map<string, string> {
  const domain = mesh.domains.get(product.domain);
  const own = new Map<string, string>();
  if (domain === undefined) return own;
  const local = new Set(domain.products.flatMap(({ objects }) => objects.map(({ type }) => type)));
  // Of another domain's type there are its key, which is not ours, and what our relationships add to it: fields with arguments.
  const foreign = new Set(domain.references.filter(({ to }) => !local.has(to.type)).map(({ to }) => to.type));
  for (const node of parseSdl(subgraphSdl(domain), { noLocation: true }).definitions) {
    const { name: { value: name } = { value: 'schema' } } = node as { name?: { value: string } };
    const bare = { ...node, fields: [], values: [] } as unknown as DefinitionNode;
    if (!foreign.has(name)) own.set(name, print(bare));
    const members =
      'fields' in node ? (node.fields ?? []) : node.kind === Kind.ENUM_TYPE_DEFINITION ? (node.values ?? []) : [];
    for (const member of members)
      if (!foreign.has(name) || print(member).includes('(')) own.set(`${name}.${member.name.value}`, print(member));
  }
  return own;
}

describe('of mutated contracts', () => {
  test('there are contracts to mutate, official ones too', () => {
    expect(CASES.length).toBeGreaterThan(5);
    expect(CASES.some(({ name }) => name === 'example')).toBe(existsSync(EXAMPLES));
  });

  test('a revision compared with itself has no changes', () => {
    for (const folder of CASES) {
      const [one, other] = [meshWith(folder), meshWith(folder)];
      if (one === null || other === null) continue;
      const [was, is] = [linkedProduct(one.mesh, one.product.id), linkedProduct(other.mesh, other.product.id)];
      expect(was !== null && is !== null && changes(was, is)).toEqual([]);
    }
  });

  test('every difference of the documents is named, and every one of the graph by its coordinate', () => {
    let compared = 0;
    let differed = 0;
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(mutation, { maxLength: 4 }),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (pick, first, second) => {
          const folder = CASES[pick % CASES.length];
          const before = folder && meshWith(mutated(folder, first));
          const after = folder && meshWith(mutated(folder, second));
          if (before == null || after == null || before.product.id !== after.product.id) return;
          const [was, is] = [
            linkedProduct(before.mesh, before.product.id),
            linkedProduct(after.mesh, after.product.id),
          ];
          if (was === null || is === null) return;
          const named = changes(was, is);
          compared++;
          if (!isDeepStrictEqual(before.product.documents, after.product.documents)) expect(named).not.toEqual([]);
          if (before.product.kind !== after.product.kind) return;
          const coordinates = new Set(named.flatMap((one) => one.coordinates));
          const [old, now] = [elementsOf(before), elementsOf(after)];
          const differing = [...new Set([...old.keys(), ...now.keys()])].filter(
            (element) => old.get(element) !== now.get(element),
          );
          const isNamed = (element: string): boolean =>
            coordinates.has(element) || [...coordinates].some((one) => one.startsWith(`${element}(`));
          const unnamed = differing.filter((element) => !SHARED.test(element) && !isNamed(element));
          if (differing.length > 0) differed++;
          expect(unnamed).toEqual([]);
        },
      ),
      // A case reads and links the mesh twice: slower than an operation.
      { numRuns: Math.ceil(cases / 10), seed },
    );
    expect(compared).toBeGreaterThan(30);
    expect(differed).toBeGreaterThan(10);
  });
});
