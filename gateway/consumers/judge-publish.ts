import type { Finding } from '../../schema/findings.ts';
import { brokenFindings, type GraphMove } from '../../schema/ledger/broken-operations.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { standingSubscriptions, type Subscription } from '../../schema/ledger/subscriptions.ts';
import { type CoordinateUse, coordinateUses, OTHER_OPERATIONS } from '../../schema/ledger/usage.ts';
import type { ProductChange } from '../publishing/product-changes.ts';
import { judgeByUse, type Use } from '../usage/judge-by-use.ts';

/** Of one publish; a change that meets more is in use all the same. */
const USES_READ = 10_000;

/** What a publish would do to those who use what there is. */
export interface Proposal extends GraphMove {
  readonly changes: readonly ProductChange[];
  /** For so many days after its last use a field is in use; 0: as long as an operation that has it is registered. */
  readonly days: number;
}

/** Whom it would break: those whose registered operations would no longer be valid, and those who use what changes. */
export async function judgePublish(db: Queryable, proposal: Proposal): Promise<Finding[]> {
  const subscriptions = await standingSubscriptions(db);
  return [...(await byUse(db, subscriptions, proposal)), ...(await brokenFindings(subscriptions, proposal))];
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
