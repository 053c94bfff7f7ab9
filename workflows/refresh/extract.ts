import { Refusal } from '../../schema/errors.ts';
import { type Queryable, transaction } from '../../schema/ledger/connect.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import { stagesOf } from '../../schema/ledger/runs.ts';
import { type Duckdb, withDuckdb } from '../engines/duckdb.ts';
import { newColumns } from '../sources/drift.ts';
import { openSource } from '../sources/open-source.ts';
import type { OpenSource, Since, SourceAsk } from '../sources/source.ts';
import type { StageDetail } from './activities.ts';
import { confirm, confirmable, isAsBefore } from './confirm.ts';
import { landingPosition, landingSince } from './landing-since.ts';
import type { Landing } from './landing.ts';
import type { LandingPlace, RefreshPlan } from './plan.ts';
import type { RefreshDeps, StageWork } from './stage.ts';

/**
 * Finds every source and compares it with its contract, before anything is made; where nothing that is read has changed since the live
 * version was made, that is the run's end. Refuses with SOURCE_MISSING, SOURCE_INCOMPLETE or SOURCE_DRIFTED; a new column is noted.
 */
export async function extract(deps: RefreshDeps, { plan, client, signal, end }: StageWork): Promise<StageDetail> {
  const { inputVersions } = plan.run;
  const pinned = Object.fromEntries(Object.entries(inputVersions).map(([id, version]) => [id, `version ${version}`]));
  const confirmed = await confirmUnread(deps, { plan, client, signal, end }, pinned);
  if (confirmed !== null) return confirmed;
  // Spark looks where it reads: what it reads may be more than this machine holds.
  const landings = plan.landings.filter(({ inPlace }) => !(inPlace && plan.product.engine === 'spark'));
  if (landings.length === 0) return end(client, pinned);
  const former = await formerExtract(deps.pool, plan);
  const found = await withDuckdb({ scratch: deps.scratch, domain: plan.product.domain, signal }, async (db) => {
    const details: StageDetail[] = [];
    for (const landing of landings) details.push(await look(deps, { plan, signal }, landing, db, former));
    return details;
  });
  return transaction(client, (trx) => end(trx, { ...pinned, ...merged(found, landings) }));
}

/** Ends the run where it would make the live version once more, by what its sources say without being read; null where it has to go on. */
async function confirmUnread(
  deps: RefreshDeps,
  { plan, client, signal, end }: Pick<StageWork, 'plan' | 'client' | 'signal' | 'end'>,
  pinned: StageDetail,
): Promise<StageDetail | null> {
  const same = await confirmable(client, plan);
  if (same === null) return null;
  const asks = plan.landings.map((landing) => askOf(deps, { plan, signal }, landing));
  if (!(await isAsBefore(deps, asks, same))) return null;
  return transaction(client, async (trx) => {
    const version = await confirm(trx, plan, same);
    return version === null ? null : end(trx, { ...pinned, confirmed: version });
  });
}

/** Opens the source of a landing as the run's plan says. What is brought from elsewhere is brought before DuckDB has its turn. */
export function openLanding(
  deps: RefreshDeps,
  work: { plan: LandingPlace; signal: AbortSignal },
  landing: Landing,
  { db, since }: { db: Duckdb; since: Since | null },
): Promise<OpenSource> {
  db.leavePlace();
  return openSource({ ...askOf(deps, work, landing), since }, db);
}

/** What a source is asked with, to be read as far as it knows itself. */
export function askOf(
  deps: SourceDeps,
  { plan, signal }: { plan: LandingPlace; signal: AbortSignal },
  landing: Landing,
): SourceAsk {
  const { port, object } = landing;
  const { folder } = plan.revision;
  const position = landingPosition(landing);
  const [reader, run] = [plan.product.id, plan.schema];
  return sourceAsk(deps, { server: port.server, object, folder, position, reader, run, signal });
}

/** What sources are asked by. */
export type SourceDeps = Pick<RefreshDeps, 'roots' | 'hosts' | 'secrets' | 'connectors'>;

/** What is asked of a source, and by what it is reached. */
export function sourceAsk(
  { roots, hosts, secrets, connectors }: SourceDeps,
  what: Pick<SourceAsk, 'server' | 'object' | 'folder' | 'position' | 'reader' | 'run' | 'signal'>,
): SourceAsk {
  return { ...what, roots, hosts, secrets, connectors, since: null };
}

/** The file of the input contract of a landing, for messages. */
export function contractFile(plan: LandingPlace, { port }: Landing): string {
  return plan.product.files[port.contractId] ?? port.contractId;
}

async function look(
  deps: RefreshDeps,
  work: Pick<StageWork, 'plan' | 'signal'>,
  landing: Landing,
  db: Duckdb,
  former: StageDetail,
): Promise<StageDetail> {
  const source = await openLanding(deps, work, landing, { db, since: await landingSince(deps.pool, landing) });
  try {
    const added = newColumns(source, landing.object, contractFile(work.plan, landing));
    if (source.facts['tail'] === 'none' && former['tail'] === 'line break' && former['file'] === source.facts['file'])
      throw new Refusal(
        'SOURCE_INCOMPLETE',
        `The source file ${JSON.stringify(source.label)} ends without a line break, and it had one before: it seems to be cut off.`,
      );
    await source.leave?.();
    return {
      ...source.facts,
      columns: source.columns.length,
      ...(added.length > 0 ? { newColumns: added.join(', ') } : {}),
    };
  } finally {
    await source.close();
  }
}

/** What the extract stage of the live version saw. */
async function formerExtract(db: Queryable, { product }: RefreshPlan): Promise<StageDetail> {
  const live = await liveDataset(db, product.id);
  if (live === null) return {};
  return (await stagesOf(db, live.runId)).find(({ stage }) => stage === 'extract')?.detail ?? {};
}

/** One source: its facts; several: each fact under the object's name. */
function merged(details: readonly StageDetail[], landings: readonly Landing[]): StageDetail {
  if (details.length === 1) return details[0]!;
  return Object.fromEntries(
    details.flatMap((detail, index) =>
      Object.entries(detail).map(([name, value]) => [`${landings[index]!.object.name}.${name}`, value]),
    ),
  );
}
