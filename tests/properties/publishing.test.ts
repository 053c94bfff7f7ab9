import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, print } from 'graphql';
import { registerCatalog } from '../../gateway/publishing/register-catalog.ts';
import { compose } from '../../schema/composition/compose.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { currentId } from '../../schema/ledger/former-ids.ts';
import { liveProducts } from '../../schema/ledger/mesh.ts';
import { newestRevisions, product } from '../../schema/ledger/products.ts';
import { routingUrl } from '../../schema/ledger/promote.ts';
import type { StoredSubgraph } from '../../schema/ledger/supergraphs.ts';
import { cloneDatabase } from '../testkit/database.ts';
import { propertyConfig } from './config.ts';
import { type Change, fieldOf, openGateways, type Outcome, rounds, versionOf } from './publishing/changes.ts';

const { cases, seed } = propertyConfig();
/** A case has a ledger of its own, and takes as long as some hundreds of operations: by default ten, in half a minute. */
const OPERATIONS_A_CASE = 500;
const A_DAY_MS = 24 * 60 * 60 * 1000;

test(
  'whatever is published, retired, rolled back and renamed at once at three gateways, the ledger holds what was acknowledged, and only what composes',
  async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async (asked) => {
        const database = await cloneDatabase();
        const gateways = await openGateways(database.url);
        try {
          await registerCatalog(gateways.deps[0]!);
          const outcomes: Outcome[] = [];
          for (const round of asked) {
            const newest = await newestRevisions(database.pool);
            const known = ({ product: id }: Change): number => newest.get(id as ProductId)?.revision ?? 0;
            const now = await Promise.all(
              round.map((change, at) => gateways.perform(change, outcomes.length + at, known(change))),
            );
            outcomes.push(...now);
            expect(unwonConflicts(now)).toEqual([]);
            expect(await notThere(database.pool, now)).toEqual([]);
          }
          expect(await traces(database.pool, outcomes)).toEqual([]);
          expect(await countedRevisions(database.pool)).toBe(outcomes.filter(makesRevision).length);
          await expectWholeHistory(database.pool);
          expect(linkMesh(await liveProducts(database.pool)).findings).toEqual([]);
        } finally {
          await gateways.close();
          await database.drop();
        }
      }),
      // What is asked for at once comes in another order the next time: fewer changes would show something else, or nothing.
      { numRuns: Math.ceil(cases / OPERATIONS_A_CASE), seed, endOnFailure: true },
    );
  },
  A_DAY_MS,
);

function makesRevision({ change, refused }: Outcome): boolean {
  return refused === null && change.does !== 'retire';
}

/** Of changes that were asked for at once: conflicts that nobody won, or more than one. */
function unwonConflicts(round: readonly Outcome[]): unknown[] {
  const done = round.filter(({ refused }) => refused === null);
  const published = done.filter(({ change: { does } }) => does === 'publish' || does === 'serve');
  const names = done.flatMap(({ change }) => (change.does === 'rename' ? [change] : []));
  return [
    // Each said which revision it was made from, and that is the newest no more once one was published.
    ...published.filter((one) => published.some((other) => other !== one && isOfOne(one, other))),
    ...names.filter((one) => names.some((other) => other.to === one.to && other.product !== one.product)),
    ...round
      .filter(({ refused }) => refused === 'PUBLISH_CONFLICT')
      .filter((loser) => !done.some((winner) => isOfOne(winner, loser))),
  ];
}

function isOfOne({ change: one }: Outcome, { change: other }: Outcome): boolean {
  return one.product === other.product || (one.does === 'rename' && one.to === other.product);
}

/** What was acknowledged in the last round, and is not in the ledger. */
async function notThere(db: Queryable, round: readonly Outcome[]): Promise<Outcome[]> {
  const missing: Outcome[] = [];
  for (const outcome of round.filter(({ refused }) => refused === null)) {
    const { change, revision, number } = outcome;
    const given = (change.does === 'rename' ? change.to : change.product) as ProductId;
    const id = (await product(db, given)) === null ? await currentId(db, given) : given;
    const { rows } = await db.query<{ version: string; retired: boolean }>(
      `select p.retired_at is not null as retired, r.version
         from weft.products p left join weft.product_revisions r on r.product_id = p.id and r.revision = $2 where p.id = $1`,
      [id, revision],
    );
    const published = change.does === 'publish' || change.does === 'serve';
    const brought = round.some((other) => makesRevision(other) && isOfOne(other, outcome));
    const isThere =
      rows[0] !== undefined &&
      (!published || rows[0].version === versionOf(number)) &&
      (change.does !== 'retire' || rows[0].retired || brought);
    if (!isThere) missing.push(outcome);
  }
  return missing;
}

/** What was refused and has left something in the ledger nevertheless. */
async function traces(db: Queryable, outcomes: readonly Outcome[]): Promise<Outcome[]> {
  const { rows } = await db.query<{ text: string }>(
    `select files::text as text from weft.product_revisions union all select sdl from weft.subgraphs
     union all select sdl from weft.supergraphs union all select payload::text from weft.events`,
  );
  return outcomes.filter(
    ({ refused, number }) => refused !== null && rows.some(({ text }) => text.includes(fieldOf(number))),
  );
}

async function countedRevisions(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*)::int as count from weft.product_revisions');
  return rows[0]!.count;
}

/** Supergraphs have ids without a gap, the head is the last, and each is what its subgraphs compose to. */
async function expectWholeHistory(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ id: number; sdl: string; isHead: boolean; subgraphs: StoredSubgraph[] }>(
    `select s.id, s.sdl, s.id = (select supergraph_id from weft.supergraph_head) as "isHead",
            (select json_agg(json_build_object('name', g.name, 'revision', g.revision, 'sdl', g.sdl, 'url', g.url) order by g.name)
               from weft.supergraph_subgraphs m join weft.subgraphs g using (name, revision)
              where m.supergraph_id = s.id) as subgraphs
       from weft.supergraphs s order by s.id`,
  );
  expect(rows.map(({ id }) => id)).toEqual(rows.map((_row, at) => at + 1));
  expect(rows.map(({ isHead }) => isHead)).toEqual(rows.map((_row, at) => at === rows.length - 1));
  for (const { sdl, subgraphs } of rows) {
    const anew = compose(subgraphs.map((subgraph) => ({ ...subgraph, url: routingUrl(subgraph) })));
    expect(anew).toMatchObject({ composes: true });
    if (anew.composes) expect(print(parse(anew.sdl))).toBe(print(parse(sdl)));
  }
}
