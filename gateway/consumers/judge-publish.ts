import type { Finding } from '../../schema/findings.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { standingSubscriptions, type Subscription } from '../../schema/ledger/subscriptions.ts';
import { type CoordinateUse, coordinateUses, OTHER_OPERATIONS } from '../../schema/ledger/usage.ts';
import type { ProductChange } from '../publishing/product-changes.ts';
import { judgeByUse, type Use } from '../usage/judge-by-use.ts';
import { apiSchema } from '../serving/api-schema.ts';
import { withDefer } from '../execute/deferred.ts';
import { brokenFinding, brokenOperations, faultsOf } from './broken-operations.ts';

/** Of one publish; a change that meets more is in use all the same. */
const USES_READ = 10_000;

/** What a publish would do to those who use what there is. */
export interface Proposal {
  readonly changes: readonly ProductChange[];
  /** The supergraph to come. */
  readonly after: string;
  /** The one that is served now; null before the first. */
  readonly before: () => Promise<string | null>;
  /** For so many days after its last use a field is in use; 0: as long as an operation that has it is registered. */
  readonly days: number;
}

/** Whom it would break: those whose registered operations would no longer be valid, and those who use what changes. */
export async function judgePublish(db: Queryable, proposal: Proposal): Promise<Finding[]> {
  const subscriptions = await standingSubscriptions(db);
  return [...(await byUse(db, subscriptions, proposal)), ...(await broken(subscriptions, proposal))];
}

/** What was not valid before is not this publish's doing. */
async function broken(subscriptions: readonly Subscription[], { after, before }: Proposal): Promise<Finding[]> {
  if (subscriptions.every(({ operations }) => operations.length === 0)) return [];
  const found = brokenOperations(subscriptions, withDefer(apiSchema(after)));
  if (found.length === 0) return [];
  const sdl = await before();
  const schema = sdl === null ? null : withDefer(apiSchema(sdl));
  return found.filter(({ text }) => schema !== null && faultsOf(text, schema).length === 0).map(brokenFinding);
}

async function byUse(
  db: Queryable,
  subscriptions: readonly Subscription[],
  { changes, days }: Proposal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const all = changes.filter(({ weight }) => weight === 'breaking');
  for (const product of new Set(all.map((change) => change.product))) {
    const breaking = all.filter((change) => change.product === product);
    const coordinates = [...new Set(breaking.flatMap((change) => change.coordinates))];
    const recorded = await coordinateUses(db, { coordinates, days, limit: USES_READ });
    const uses = [...registered(subscriptions, new Set(coordinates)), ...recorded.map(seen)];
    const subscribers = subscriptions.filter(({ productId }) => productId === product).map(({ consumer }) => consumer);
    findings.push(...judgeByUse({ product, changes: breaking, uses, subscribers, days }));
  }
  return findings;
}

function registered(subscriptions: readonly Subscription[], changed: ReadonlySet<string>): Use[] {
  return subscriptions.flatMap(({ consumer, operations }) =>
    operations.flatMap(({ name, coordinates }) =>
      coordinates
        .filter((coordinate) => changed.has(coordinate))
        .map((coordinate) => ({ coordinate, consumer, operation: name, seen: null })),
    ),
  );
}

function seen({ coordinate, consumer, operation, operationName, calls, lastAt }: CoordinateUse): Use {
  const name = operation === OTHER_OPERATIONS ? 'other operations' : operationName;
  return { coordinate, consumer, operation: name, seen: { calls, lastAt } };
}
