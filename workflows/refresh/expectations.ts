import { replaced } from '../../schema/contract/joining.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import type { Mesh, Product } from '../../schema/contract/model.ts';
import { productCoordinates } from '../../schema/contract/product-coordinates.ts';
import { together } from '../../schema/contract/together.ts';
import { Refusal } from '../../schema/errors.ts';
import { errorFinding, type Finding } from '../../schema/findings.ts';
import type { ProductId } from '../../schema/ids.ts';
import { quoted } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { type LiveDataset, liveDatasets } from '../../schema/ledger/datasets.ts';
import { liveProducts } from '../../schema/ledger/mesh.ts';
import { READER } from '../../schema/ledger/roles.ts';
import { standingSubscriptions, type Subscription } from '../../schema/ledger/subscriptions.ts';
import { type ExpectingOperation, judgeExpectation, type Verdict } from '../../schema/judge-expectation.ts';
import type { Reading } from '../../schema/reading.ts';
import type { RefreshPlan } from './plan.ts';
import type { RefreshDeps, StageWork } from './stage.ts';

/** An operation that a consumer registered with an expectation. */
interface Expected extends ExpectingOperation {
  readonly consumer: string;
  readonly name: string;
}

/**
 * Asks what consumers registered with an expectation of the data that the run is about to publish, beside the live data of all other
 * products. Refuses with CONSUMER_BROKEN where an answer is not as expected that is so of what is live: what was amiss before is not
 * broken by this run. Answers how many were asked.
 */
export async function requireExpected(
  deps: RefreshDeps,
  { plan, client, signal }: Pick<StageWork, 'plan' | 'client' | 'signal'>,
): Promise<number> {
  const subscriptions = (await standingSubscriptions(client)).filter(({ operations }) =>
    operations.some(({ expects }) => expects !== null),
  );
  if (subscriptions.length === 0) return 0;
  const live = await liveProducts(client);
  const { mesh } = linkMesh(replaced(live, [plan.product]));
  const expected = expectedOf(subscriptions, mesh, plan.product);
  if (expected.length === 0) return 0;
  await letRead(client, plan);
  const datasets = new Map((await liveDatasets(client)).map((dataset) => [dataset.productId, dataset]));
  const staged = asking(deps, mesh, new Map(datasets).set(plan.product.id, stagedDataset(plan)), signal);
  // Only where something is not as expected is there anything to ask of what is live.
  let before: ((operation: Expected) => Promise<Verdict>) | null = null;
  const findings: Finding[] = [];
  for (const operation of expected) {
    const verdict = await staged(operation);
    if (verdict.kind !== 'unmet') continue;
    before ??= asking(deps, linkMesh(live).mesh, datasets, signal);
    if ((await before(operation)).kind === 'met') findings.push(brokenFinding(operation, verdict.reasons));
  }
  if (findings.length === 0) return expected.length;
  throw new Refusal(
    'CONSUMER_BROKEN',
    `The data of run ${plan.run.id} of ${plan.product.id} cannot go live: ${findings.map(({ message }) => message).join(' ')} The last good version stays live.`,
    { findings },
  );
}

/** Those that ask anything of the product, each once, though it is registered with several. */
function expectedOf(subscriptions: readonly Subscription[], mesh: Mesh, product: Product): Expected[] {
  const own = productCoordinates(mesh, product);
  const found = subscriptions.flatMap(({ consumer, operations }) =>
    operations.flatMap(({ name, text, variables, expects, coordinates }) =>
      expects !== null && coordinates.some((coordinate) => own.has(coordinate))
        ? [{ consumer, name, text, variables, expects }]
        : [],
    ),
  );
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

/** The role that queries read with may see what the run made; of kept tables it could before. */
function letRead(client: StageWork['client'], { schema, outputs }: RefreshPlan): Promise<void> {
  return transaction(client, async (trx) => {
    await trx.query(`grant usage on schema ${quoted(schema)} to ${quoted(READER)}`);
    for (const output of outputs)
      if (output.schema === schema)
        await trx.query(`grant select on ${quoted(schema, output.table)} to ${quoted(READER)}`);
  });
}

/** The run's tables as the version that they will be. */
function stagedDataset({ run, product, outputs }: RefreshPlan): LiveDataset {
  const tables = outputs.map(
    ({ object, schema, table, asOf }) =>
      [object.name, { schema, table, ...(asOf === null ? {} : { asOf }), rows: 0 }] as const,
  );
  return {
    productId: product.id,
    version: 0,
    revision: run.revision,
    runId: run.id,
    tables: Object.fromEntries(tables),
    publishedAt: run.requestedAt,
    confirmedAt: null,
    droppedAt: null,
    failedWarnings: [],
  };
}

/** Asks by the limits that queries have. What takes too long is not judged: a busy database is not what a consumer expects or not. */
function asking(
  { openSubgraph }: RefreshDeps,
  { domains }: Mesh,
  datasets: ReadonlyMap<ProductId, LiveDataset>,
  signal: AbortSignal,
): (operation: Expected) => Promise<Verdict> {
  const subgraph = openSubgraph(together(domains.values()));
  return async (operation) => {
    const reading: Reading = { datasets, productsRead: new Set(), signal };
    const verdict = await judgeExpectation(subgraph, operation, reading);
    signal.throwIfAborted();
    if (verdict.kind === 'unjudged' && verdict.because.code !== 'QUERY_TIMEOUT')
      throw new Error(`${operation.name} cannot be asked of the staged data`, { cause: verdict.because });
    return verdict;
  };
}

function brokenFinding({ consumer, name }: Expected, reasons: readonly string[]): Finding {
  return errorFinding(
    'CONSUMER_BROKEN',
    `The operation ${name}, which ${consumer} registered, would no longer be answered as expected: ${reasons.join('; ')}.`,
  );
}
