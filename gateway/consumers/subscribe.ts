import { linkMesh } from '../../schema/contract/link.ts';
import { Refusal } from '../../schema/errors.ts';
import { errorFinding, type Finding, passes } from '../../schema/findings.ts';
import { transaction, type Pool } from '../../schema/ledger/connect.ts';
import { unanswered } from '../../schema/ledger/broken-operations.ts';
import { comingProducts } from '../../schema/ledger/mesh.ts';
import { pendingRevisions, requireProduct } from '../../schema/ledger/products.ts';
import { compositionOf } from '../../schema/ledger/promote.ts';
import { addSubscription, type RegisteredOperation, type Subscription } from '../../schema/ledger/subscriptions.ts';
import type { ProductId } from '../../schema/ids.ts';
import { type Actor, requireKnown } from '../actor.ts';
import type { Graph } from '../serving/graph.ts';
import { productCoordinates } from '../../schema/contract/product-coordinates.ts';
import { findUnexpected, readExpected, type SentExpectation } from './expectations.ts';

/** Every publish validates them all: a consumer's program has some ten. */
const OPERATIONS_MAX = 200;
/** In letters. The largest that people write have some 10,000. */
const TEXT_MAX = 100_000;
const ALL_TEXT_MAX = 1_000_000;
const PURPOSE_MAX = 1_000;
const NAME = /^[\w./ -]{1,200}$/;

export interface SubscribeAsk {
  readonly product: ProductId;
  readonly purpose: string | null;
  readonly operations: readonly OperationText[];
}

/** What registering stands on. */
interface SubscribeDeps {
  readonly ledger: Pool;
  readonly graph: Graph;
}

/** A subscription as it was made. */
export interface MadeSubscription extends Subscription {
  /** Warnings of what revisions that wait for their data would break, and of expectations that nothing is held against. */
  readonly findings: readonly Finding[];
}

/** One operation with all of its fragments. */
export interface OperationText extends SentExpectation {
  /** Of its file, or as the consumer calls it. */
  readonly name: string;
  readonly text: string;
}

/**
 * A consumer's standing use of a product, in place of the one that it had: from now on no publish goes through that would make one
 * of its operations invalid, and no data that is not as it expects; it is warned of what waits and would. Refuses operations that cannot
 * be asked now, ask nothing of the product, or are not answered as expected, with all that is wrong with them.
 */
export async function subscribe(
  { ledger, graph }: SubscribeDeps,
  { product, purpose, operations }: SubscribeAsk,
  actor: Actor,
): Promise<MadeSubscription> {
  requireKnown(actor, 'A subscription is of a consumer, who is known by a key');
  requireBounded(operations, purpose);
  const read = operations.map((operation) => readOperation(graph, operation, actor));
  const findings = read.flatMap((one) => ('findings' in one ? one.findings : []));
  const live = graph.current().mesh.products.get(product);
  if (live === undefined) {
    const { retiredAt } = await requireProduct(ledger, product);
    if (retiredAt !== null)
      throw new Refusal('PRODUCT_RETIRED', `${product} was retired on ${retiredAt.toISOString()}.`);
    throw new Refusal('NOT_FOUND', `${product} is not live yet: subscribe once it is.`);
  }
  const own = productCoordinates(graph.current().mesh, live);
  const registered = read.flatMap((one) => ('findings' in one ? [] : [one]));
  for (const { name, coordinates } of registered)
    if (!coordinates.some((coordinate) => own.has(coordinate)))
      findings.push(
        errorFinding('OPERATION_ELSEWHERE', `${name} asks nothing of ${product}: register it where it does.`, {
          file: name,
        }),
      );
  if (findings.length === 0) findings.push(...(await findUnexpected(graph, registered, actor)));
  if (!passes(findings))
    throw new Refusal('OPERATION_INVALID', `Not all operations can be asked of ${product}; nothing was registered.`, {
      findings,
    });
  const subscription = await transaction(ledger, (trx) =>
    addSubscription(trx, { productId: product, consumer: actor.name, purpose, operations: registered }),
  );
  return { ...subscription, findings: [...findings, ...(await comingFindings({ ledger, graph }, registered))] };
}

/** Warnings of operations that revisions which wait for their data would break: from now on their runs are refused. */
async function comingFindings(
  { ledger, graph }: SubscribeDeps,
  operations: readonly RegisteredOperation[],
): Promise<Finding[]> {
  const pending = await pendingRevisions(ledger);
  if (pending.length === 0 || operations.length === 0) return [];
  const coming = await compositionOf(ledger, { mesh: linkMesh(await comingProducts(ledger)).mesh, own: [] });
  if (!coming.composes) return [];
  const { mesh } = graph.current();
  return unanswered(operations, coming.sdl).map(({ operation, faults }) => {
    const asked = pending.filter(({ productId }) => {
      const live = mesh.products.get(productId);
      const own = live === undefined ? null : productCoordinates(mesh, live);
      return operation.coordinates.some((coordinate) => own?.has(coordinate));
    });
    const waiting = (asked.length > 0 ? asked : pending).map(
      ({ productId, revision }) => `${productId} (revision ${revision})`,
    );
    const message = `${operation.name} will not be valid once ${waiting.join(', ')}, which waits for its data, is live: ${faults.join(' ')} As long as it is registered, that is refused: agree with the owners.`;
    return { ...errorFinding('CONSUMER_BROKEN', message, { file: operation.name }), severity: 'warning' };
  });
}

function requireBounded(operations: readonly OperationText[], purpose: string | null): void {
  const refuse = (message: string): never => {
    throw new Refusal('BAD_INPUT', message);
  };
  if (operations.length > OPERATIONS_MAX)
    refuse(`${operations.length} operations were sent; a subscription has up to ${OPERATIONS_MAX}.`);
  if ((purpose?.length ?? 0) > PURPOSE_MAX) refuse(`The purpose has more than ${PURPOSE_MAX} letters.`);
  const names = operations.map(({ name }) => name);
  for (const name of names)
    if (!NAME.test(name))
      refuse(`An operation's name is up to 200 letters, digits and ._-/; found ${JSON.stringify(name.slice(0, 80))}.`);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) refuse(`Two of the operations are named ${twice}.`);
  const long = operations.find(({ text }) => text.length > TEXT_MAX || text.includes('\0'));
  if (long !== undefined) refuse(`${long.name} has more than ${TEXT_MAX} letters, or NUL.`);
  if (operations.reduce((sum, { text }) => sum + text.length, 0) > ALL_TEXT_MAX)
    refuse(`The operations have more than ${ALL_TEXT_MAX} letters in all.`);
}

/** As the graph compiles it for whoever subscribes: it may be asked, by them. */
function readOperation(
  graph: Graph,
  { name, text, ...sent }: OperationText,
  actor: Actor,
): RegisteredOperation | { readonly findings: readonly Finding[] } {
  const operations = graph.operations();
  const found = operations.find(text, null, actor);
  const refused = (message: string): { findings: Finding[] } => ({
    findings: [errorFinding('OPERATION_INVALID', `${name}: ${message}`, { file: name })],
  });
  if (found.kind === 'refused') return refused(found.refusal.message);
  if (found.kind === 'other')
    return {
      findings: operations.faults(text, null).map(({ message, locations }): Finding => ({
        ...errorFinding('OPERATION_INVALID', `${name}: ${message}`, { file: name }),
        line: locations?.[0]?.line ?? null,
        column: locations?.[0]?.column ?? null,
      })),
    };
  const usage = found.usage();
  if (usage === null) return refused('It asks for nothing but the schema.');
  const expected = readExpected(name, sent);
  return 'findings' in expected ? expected : { name, text, coordinates: usage.coordinates, ...expected };
}
