import { type Client, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Product, RefreshSchedule } from '../schema/contract/model.ts';
import { domainOf, type ProductId, productId } from '../schema/ids.ts';
import type { Queryable } from '../schema/ledger/connect.ts';
import { type Pause, pausesOf } from '../schema/ledger/pauses.ts';
import { usualSeconds } from '../schema/ledger/runs.ts';
import { ATTRIBUTES, PLATFORM_QUEUE, refreshWorkflowId } from './names.ts';

/** What schedules are kept with. */
export interface ScheduleDeps {
  readonly client: Client;
  readonly ledger: Queryable;
}

const MINUTES_A_DAY = 1_440;
/** How much longer than usual a run may take and its data still be there in time. */
const AHEAD = { factor: 1.5, plusMinutes: 2, most: 720 } as const;

/** How the note of a schedule begins that is paused because the ledger says so: others were paused in Temporal by hand. */
const OUR_NOTE = 'Weft: ';

/**
 * Makes Temporal's schedule of a product what its contract promises: made, changed, or taken away; paused where the product is, and
 * where it was paused there by hand. Doing so twice changes nothing.
 */
export async function keepSchedule({ client, ledger }: ScheduleDeps, product: Product): Promise<void> {
  if (product.sla.refresh === null || product.kind !== 'managed') return dropSchedule(client, product.id);
  const scheduleId = refreshWorkflowId(product.id);
  const [pause] = await pausesOf(ledger, [product.id]);
  const ours = pause?.origin === 'weft' ? { state: { paused: true, note: noteOf(pause) } } : {};
  const wanted = options(product, product.sla.refresh, await usualSeconds(ledger, product.id));
  try {
    await client.schedule.getHandle(scheduleId).update((former) => ({ ...wanted, state: former.state, ...ours }));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create({ scheduleId, ...wanted, ...ours });
  }
}

/** The schedule of a product that was renamed, under its new id: paused where it was paused. Doing so twice changes nothing. */
export async function moveSchedule(deps: ScheduleDeps, from: ProductId, product: Product): Promise<void> {
  const { client } = deps;
  try {
    const { state } = await client.schedule.getHandle(refreshWorkflowId(from)).describe();
    await keepSchedule(deps, product);
    if (state.paused && product.sla.refresh !== null)
      await client.schedule.getHandle(refreshWorkflowId(product.id)).pause(state.note);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    return keepSchedule(deps, product);
  }
  await dropSchedule(client, from);
}

/** Takes a product's schedule away, if there is one. */
export async function dropSchedule(client: Client, product: ProductId): Promise<void> {
  try {
    await client.schedule.getHandle(refreshWorkflowId(product)).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

/** Pauses a product's schedule, if there is one, or lets it go on (`pause` null), so that Temporal shows what the ledger says. */
export async function followPause(client: Client, product: ProductId, pause: Pause | null): Promise<void> {
  const schedule = client.schedule.getHandle(refreshWorkflowId(product));
  try {
    if (pause === null) await schedule.unpause('Weft: resumed');
    else if (pause.origin === 'weft') await schedule.pause(noteOf(pause));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

/** The products whose schedules are paused in Temporal, with the note that was made there. */
export async function pausedByHand(client: Client): Promise<ReadonlyMap<ProductId, string | null>> {
  const paused = new Map<ProductId, string | null>();
  for await (const { scheduleId, state } of client.schedule.list()) {
    const id = productId(scheduleId.replace(/^refresh:/, ''));
    if (id !== null && state.paused && !(state.note ?? '').startsWith(OUR_NOTE)) paused.set(id, state.note ?? null);
  }
  return paused;
}

function noteOf({ by, reason }: Pause): string {
  return `${OUR_NOTE}paused by ${by}${reason === null ? '' : `: ${reason}`}`;
}

function options({ id }: Product, refresh: RefreshSchedule, usual: number | null) {
  const { jitterSeconds, catchUpSeconds } = refresh;
  return {
    spec: { ...times(refresh, usual), ...(jitterSeconds === 0 ? {} : { jitter: jitterSeconds * 1000 }) },
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'tick',
      workflowId: `tick:${id}`,
      taskQueue: PLATFORM_QUEUE,
      args: [{ productId: id, domain: domainOf(id) }] as [unknown],
      staticSummary: `The schedule of ${id}: ${scheduleText(refresh)}`,
      typedSearchAttributes: [
        { key: ATTRIBUTES.domain, value: domainOf(id) },
        { key: ATTRIBUTES.product, value: id },
        { key: ATTRIBUTES.trigger, value: 'schedule' },
      ],
    },
    policies: {
      // A tick takes a moment, or waits for the run that it is to follow: one that waits is enough.
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: catchUpSeconds * 1000,
    },
  };
}

function times(refresh: RefreshSchedule, usual: number | null) {
  if (refresh.kind === 'every') return { intervals: [{ every: refresh.seconds * 1000 }] };
  const zone = refresh.timezone === null ? {} : { timezone: refresh.timezone };
  if (refresh.kind === 'cron') return { cronExpressions: [refresh.expression], ...zone };
  const start = startMinute(refresh.availableAtMinute, usual);
  return { calendars: [{ hour: Math.floor(start / 60), minute: start % 60 }], ...zone };
}

/** The minute of the day at which a run starts whose data shall be there at `availableAt`; `usual` is how many seconds runs take. */
export function startMinute(availableAt: number, usual: number | null): number {
  const ahead = Math.min(Math.ceil(((usual ?? 0) * AHEAD.factor) / 60) + AHEAD.plusMinutes, AHEAD.most);
  return (availableAt - ahead + MINUTES_A_DAY) % MINUTES_A_DAY;
}

/** `30 6 * * * (Europe/Berlin)`, `every 3,600 s`, `there at 9:00`: for people. */
function scheduleText(refresh: RefreshSchedule): string {
  if (refresh.kind === 'every') return `every ${refresh.seconds} s`;
  const { availableAtMinute: minute, expression, timezone } = { availableAtMinute: 0, expression: '', ...refresh };
  const time = `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
  return `${refresh.kind === 'cron' ? expression : `there at ${time}`} (${timezone ?? 'UTC'})`;
}
