import { linkMesh } from '../contract/link.ts';
import type { ProductId, RunId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';
import { type TracedRun, traceparentWithin } from '../telemetry/run-trace.ts';
import { comingProducts } from './mesh.ts';
import { readyToRun } from './ready-to-run.ts';
import { requestRun } from './runs.ts';

/**
 * How long a run of an input is waited for. A run of two inputs that publish one after the other is worth one refresh; behind one that
 * takes longer than this the data of the other would wait too long, and a second refresh is the lesser evil.
 */
const WAIT_SECONDS = 3_600;

/**
 * Asks for a run of each product that reads data which it has not been asked to read yet, once all that it reads, at whatever distance,
 * has come to rest: of a diamond the tip runs once. What failed, was cancelled, is paused or held is at rest, so that nobody waits
 * for it. All is told from the ledger as it is now: it may be asked at any time, by several at once, and asking again changes nothing.
 */
export async function requestUpstreamRuns(trx: Transaction, newRunId: () => RunId): Promise<ProductId[]> {
  const { mesh } = linkMesh(await comingProducts(trx));
  let ready: Awaited<ReturnType<typeof readyToRun>> | null = null;
  const isReady = async (id: ProductId): Promise<boolean> => (ready ??= await readyToRun(trx))(id);
  const standings = await standingsOf(trx);
  const known = new Map<ProductId, boolean>();
  const asked: ProductId[] = [];

  /** Whether its data is about to change. Asks for the run, if that is all that is missing. */
  const isMoving = async (id: ProductId): Promise<boolean> => {
    const before = known.get(id);
    if (before !== undefined) return before;
    // Inputs are no circle; if they were, it would be at rest.
    known.set(id, false);
    const inputs = [...new Set((mesh.inputs.get(id) ?? []).map(({ product }) => product))];
    let inputsMove = false;
    for (const input of inputs) inputsMove = (await isMoving(input)) || inputsMove;
    const moves = await move(id, inputs, inputsMove);
    known.set(id, moves);
    return moves;
  };
  const move = async (id: ProductId, inputs: readonly ProductId[], inputsMove: boolean): Promise<boolean> => {
    const own = standings.get(id);
    if (own === undefined) return false;
    if (own.open) return own.moving;
    if (own.paused) return false;
    if (inputsMove) return !own.held;
    const unread = inputs.filter((input) => isUnread(own, input, standings.get(input)));
    if (unread.length === 0 || !(await isReady(id))) return false;
    const inputVersions = Object.fromEntries(
      inputs.flatMap((input) => {
        const version = standings.get(input)?.version ?? null;
        return version === null ? [] : [[input, version]];
      }),
    );
    await requestRun(trx, {
      runId: newRunId(),
      productId: id,
      trigger: 'upstream',
      requestedBy: unread.join(', '),
      inputVersions,
      traceparent: causeOf(unread.map((input) => standings.get(input))),
    });
    asked.push(id);
    return !own.held;
  };

  for (const id of mesh.inputs.keys()) await isMoving(id);
  return asked;
}

/** The trace goes on of the run that brought the newest of what is to be read. */
function causeOf(inputs: readonly (Standing | undefined)[]): string | null {
  const newest = inputs.reduce((one, other) => ((other?.publishedAt ?? 0) > (one?.publishedAt ?? 0) ? other : one));
  return newest?.madeBy ? traceparentWithin(newest.madeBy) : null;
}

interface Standing {
  readonly id: ProductId;
  readonly version: number | null;
  readonly publishedAt: Date | null;
  /** The run that made it. */
  readonly madeBy: TracedRun | null;
  /** The inputs' versions that its newest run was asked for because of, or pinned. */
  readonly read: Readonly<Record<string, number>>;
  readonly revisedAt: Date;
  readonly paused: boolean;
  readonly held: boolean;
  /** A run is asked for or under way. */
  readonly open: boolean;
  /** One that is worth waiting for. */
  readonly moving: boolean;
}

/** An input that no run knew yet, as of a revision that has just come, is unread once it has data from after that. */
function isUnread(own: Standing, id: ProductId, input: Standing | undefined): boolean {
  if (input === undefined || input.version === null || input.publishedAt === null) return false;
  const read = own.read[id];
  return read === undefined ? input.publishedAt > own.revisedAt : read !== input.version;
}

/** How every managed product stands, at one moment. */
async function standingsOf(db: Queryable): Promise<Map<ProductId, Standing>> {
  const { rows } = await db.query<Standing>(
    `select p.id, p.live_version as version, v.published_at as "publishedAt",
            case when maker.id is not null then jsonb_build_object('id', maker.id, 'traceparent', maker.traceparent) end as "madeBy",
            coalesce(last.input_versions, '{}') as read, newest.published_at as "revisedAt",
            pause.product_id is not null as paused, hold.domain_id is not null as held,
            open.id is not null as open,
            open.id is not null and open.requested_at > now() - make_interval(secs => $1)
              and not (open.phase = 'queued' and hold.domain_id is not null) as moving
       from weft.products p
       cross join lateral (select max(published_at) as published_at from weft.product_revisions
                            where product_id = p.id and state in ('pending', 'live')) newest
       left join lateral (select input_versions from weft.runs
                           where product_id = p.id and input_versions <> '{}' order by requested_at desc limit 1) last on true
       left join weft.dataset_versions v on v.product_id = p.id and v.version = p.live_version
       left join weft.runs maker on maker.id = v.run_id
       left join weft.pauses pause on pause.product_id = p.id
       left join weft.holds hold on hold.domain_id = p.domain_id
       left join weft.runs open on open.product_id = p.id and open.phase in ('queued', 'running')
      where p.kind = 'managed' and p.retired_at is null and newest.published_at is not null`,
    [WAIT_SECONDS],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
