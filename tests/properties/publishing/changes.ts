import fc from 'fast-check';
import { fileURLToPath } from 'node:url';
import { type Actor, actors } from '../../../gateway/actor.ts';
import { inTurn } from '../../../gateway/in-turn.ts';
import { openPolicies, type Policies } from '../../../gateway/policies/open-policies.ts';
import { publish, type PublishDeps } from '../../../gateway/publishing/publish.ts';
import type { ProductFolder } from '../../../gateway/publishing/read-folders.ts';
import { renameProduct } from '../../../gateway/publishing/rename.ts';
import { retire } from '../../../gateway/publishing/retire.ts';
import { rollback } from '../../../gateway/publishing/rollback.ts';
import { Refusal } from '../../../schema/errors.ts';
import type { ProductId } from '../../../schema/ids.ts';
import { openPool } from '../../../schema/ledger/connect.ts';
import { edited, folderOf, remoteFolder } from '../../gateway/product-text.ts';

/** What a team does to the mesh, at one of the gateways. Types are taken by several products: `makes` is no product's own. */
export type Change = { readonly at: number } & (
  | { readonly does: 'publish'; readonly product: string; readonly makes: string; readonly refersTo: string | null }
  | { readonly does: 'serve'; readonly product: string; readonly sdl: number }
  | { readonly does: 'retire'; readonly product: string }
  | { readonly does: 'rollback'; readonly product: string }
  | { readonly does: 'rename'; readonly product: string; readonly to: string }
);

/** What came of it: `revisions` by product where it is acknowledged, else the code of its refusal. */
export interface Outcome {
  readonly change: Change;
  /** No other publish has it: as the version of what was sent, and in the name of a field. */
  readonly number: number;
  readonly refused: string | null;
  readonly revision: number | null;
}

const OBJECTS = ['pots', 'pans', 'jugs'] as const;
const MANAGED = ['north/pots', 'north/pans', 'north/jugs', 'south/pots'] as const;
const SERVICES = ['elsewhere/lids', 'elsewhere/wax'] as const;
const GATEWAYS = 3;

/** As services write it: extending a type by its key, with one of their own, and two that cannot be composed with a pot of others. */
const SDLS: readonly ((field: string) => string)[] = [
  (field) => `${KEYED}type Query { ${field}: Int } type Pot @key(fields: "id") { id: ID! shine: Int }`,
  (field) => `${KEYED}type Query { ${field}: Int } type Lid @key(fields: "id") { id: ID! }`,
  (field) => `type Query { ${field}: Int pot(id: Int!): Int }`,
  (field) => `type Query { ${field}: Int } type Pan { id: Int! }`,
];
const KEYED = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n';

const at = fc.nat({ max: GATEWAYS - 1 });
const managed = fc.constantFrom(...MANAGED);
const any = fc.constantFrom(...MANAGED, ...SERVICES);
const object = fc.constantFrom(...OBJECTS);

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      at,
      does: fc.constant('publish' as const),
      product: managed,
      makes: object,
      refersTo: fc.option(object),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      at,
      does: fc.constant('serve' as const),
      product: fc.constantFrom(...SERVICES),
      sdl: fc.nat({ max: SDLS.length - 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ at, does: fc.constantFrom('retire' as const, 'rollback' as const), product: any }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      at,
      does: fc.constant('rename' as const),
      product: any,
      to: fc.constantFrom('west/kegs', ...MANAGED),
    }),
  },
);

/** What is there when the others begin: with a history, so that there is something to go back to. */
const FIRST: readonly (readonly Change[])[] = [...OBJECTS, ...OBJECTS].map((makes, index) => [
  { at: index % GATEWAYS, does: 'publish', product: `north/${makes}`, makes, refersTo: null },
  { at: index % GATEWAYS, does: 'serve', product: SERVICES[0], sdl: index % 2 },
]);

/** Rounds of changes: those of a round are asked for at once. */
export const rounds: fc.Arbitrary<readonly (readonly Change[])[]> = fc
  .array(fc.array(change, { minLength: 2, maxLength: 6, size: 'max' }), { minLength: 1, maxLength: 4, size: 'max' })
  .map((further) => [...FIRST, ...further]);

/** Gateways as the ledger knows them: each with its own connections, and its own queue of those who write. */
export interface Gateways {
  /** Answers what came of it; throws faults. `known` is the product's newest revision, as its team knows it. */
  perform(change: Change, number: number, known: number): Promise<Outcome>;
  readonly deps: readonly PublishDeps[];
  close(): Promise<void>;
}

/** Opens them over one ledger. */
export async function openGateways(databaseUrl: string): Promise<Gateways> {
  const policies: Policies = await openPolicies({
    path: fileURLToPath(new URL('../../fixtures/policies.yaml', import.meta.url)),
  });
  const deps = Array.from({ length: GATEWAYS }, (_, index): PublishDeps => ({
    ledger: openPool(databaseUrl, { name: `gateway ${index}`, max: 3 }),
    writers: inTurn(),
    hosts: { loopbackOnly: true, allowedHosts: [], fileRoots: [] },
    usageDays: 0,
    variants: {},
    policies,
    checkTables: () => Promise.resolve([]),
  }));
  return {
    deps,
    perform: async (asked, number, known) => {
      const came = await done(deps[asked.at]!, asked, number, known).catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        return { refused: error.code, revision: null };
      });
      return { change: asked, number, ...came };
    },
    close: async () => {
      await Promise.all([...deps.map(({ ledger }) => ledger.end()), policies.close()]);
    },
  };
}

const actor: Actor = actors('key', () => null)('Bearer key');

async function done(
  deps: PublishDeps,
  asked: Change,
  number: number,
  known: number,
): Promise<Pick<Outcome, 'refused' | 'revision'>> {
  const product = asked.product as ProductId;
  if (asked.does === 'retire' || asked.does === 'rename') {
    if (asked.does === 'retire') await retire(deps, product, actor);
    else await renameProduct(deps, { from: product, to: asked.to as ProductId, actor });
    return { refused: null, revision: null };
  }
  const outcome =
    asked.does === 'publish' || asked.does === 'serve'
      ? await publish(deps, {
          folders: [{ ...folderFor(asked, number), ifRevision: known }],
          actor,
          refresh: false,
          dryRun: false,
        })
      : await rollback(deps, { product, toRevision: null, actor, refresh: false });
  if (outcome.kind === 'Published') return { refused: null, revision: outcome.products[0]!.revision };
  return { refused: outcome.kind === 'Rejected' ? outcome.code : 'UNCHANGED', revision: null };
}

/** The field that tells a publish from all others. */
export function fieldOf(number: number): string {
  return `by${number}of`;
}

export function versionOf(number: number): string {
  return `1.${number}.0`;
}

function folderFor(asked: Extract<Change, { does: 'publish' | 'serve' }>, number: number): ProductFolder {
  const [domain = '', name = ''] = asked.product.split('/');
  const version = versionOf(number);
  if (asked.does === 'serve') {
    const folder = remoteFolder(name, 'http://127.0.0.1:9/graphql', SDLS[asked.sdl]!(fieldOf(number)));
    return edited(folder, 'product.odps.yaml', (text) => text.replace('version: 1.0.0', `version: ${version}`));
  }
  const reference = asked.refersTo === null ? '' : `, relationships: [{ to: ${asked.refersTo}.id }]`;
  const properties = [`{ name: ${fieldOf(number)}, logicalType: string${reference} }`];
  const folder = folderOf({ domain, name, properties, version });
  return edited(folder, 'output.odcs.yaml', (text) => text.replace(`- name: ${name}\n`, `- name: ${asked.makes}\n`));
}
