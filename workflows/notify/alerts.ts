import { randomUUID } from 'node:crypto';
import type { AlertCause, AlertMessage, AlertSeverity, Channel } from '../../schema/alert.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import type { Product } from '../../schema/contract/model.ts';
import { REFUSALS } from '../../schema/errors.ts';
import type { ProductId, RunId } from '../../schema/ids.ts';
import {
  type AlertRow,
  alertUpstream,
  followers,
  lockAlert,
  mayTell,
  noteLevel,
  raiseAlert,
  resolveAlert,
} from '../../schema/ledger/alerts.ts';
import type { Transaction } from '../../schema/ledger/connect.ts';
import { requestDelivery } from '../../schema/ledger/deliveries.ts';
import type { StoredEvent } from '../../schema/ledger/events.ts';
import { liveProducts, productOf } from '../../schema/ledger/mesh.ts';
import { revisionIn } from '../../schema/ledger/products.ts';
import { qualityOfRuns } from '../../schema/ledger/quality.ts';
import { lateSince } from '../../schema/ledger/slo-standings.ts';
import type { AlertBody } from './alert-sender.ts';
import { levelsOf } from './channels.ts';

/** What alerts are told with. */
export interface AlertDeps {
  readonly operators: readonly Channel[];
  /** How long nobody need see to one before the next level is told. */
  readonly escalateAfterMs: number;
  /** Where the Temporal Web UI shows a product's refresh; null where nobody said. */
  readonly runLink: (id: ProductId) => string | null;
}

/** More in an hour is a flood, of which the list of alerts tells the rest. */
const TOLD_AN_HOUR = 20;
/** The level of an alert that came back, and of which nobody has been told since. */
const BEFORE_ALL = -1;
/** Another run follows by itself. */
const NO_ALERT = new Set(['RUN_SUPERSEDED']);
/** Promises of how often data comes are of the way, those of its age of the goal. */
const WARNINGS = new Set(['frequency']);

/** What an event says of a product's alerts; answers the alert that is to be watched over from here, if one came. */
export async function followAlerts(trx: Transaction, deps: AlertDeps, event: StoredEvent): Promise<AlertRow | null> {
  const id = event.subject as ProductId;
  switch (event.type) {
    case 'refresh.failed': {
      const { code, runId } = event.payload;
      return NO_ALERT.has(code) ? null : raise(trx, deps, id, { ...runFailed(code), runId: runId as RunId });
    }
    case 'dataset.published': {
      const runId = event.payload.runId as RunId;
      await resolve(trx, deps, id, 'run_failed');
      const failed = (await qualityOfRuns(trx, [runId])).filter(({ outcome }) => outcome === 'failed');
      if (failed.length === 0) await resolve(trx, deps, id, 'rule_failed');
      else return raise(trx, deps, id, { ...rulesFailed(failed.map(({ rule }) => rule)), runId });
      return null;
    }
    case 'dataset.confirmed':
      // What its rules found is as it was.
      await resolve(trx, deps, id, 'run_failed');
      return null;
    case 'slo.missed':
    case 'slo.met': {
      const late = await lateSince(trx, id);
      if (late.length > 0) return raise(trx, deps, id, { ...isLate(late), runId: null });
      await resolve(trx, deps, id, 'late');
      return null;
    }
    case 'product.retired':
      for (const cause of ['run_failed', 'late', 'rule_failed'] as const) await resolveAlert(trx, id, cause);
      return null;
    default:
      return null;
  }
}

/** Tells the next level of an alert that nobody saw to in time; in how many milliseconds to look again, or null where it goes no further. */
export async function escalate(trx: Transaction, deps: AlertDeps, id: string): Promise<number | null> {
  const alert = await lockAlert(trx, id);
  if (alert?.state !== 'open' || alert.escalatesAt === null) return null;
  if (!alert.isDue) return Math.max(alert.escalatesAt.getTime() - Date.now(), 1_000);
  const product = await liveProduct(trx, alert.productId);
  if (product === null) return null;
  return tell(trx, deps, { alert, product, kind: 'escalated', level: alert.level + 1 });
}

interface Trouble {
  readonly cause: AlertCause;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly runId: RunId | null;
}

function runFailed(code: string): Omit<Trouble, 'runId'> {
  const says = Object.hasOwn(REFUSALS, code)
    ? REFUSALS[code as keyof typeof REFUSALS].says
    : 'Something failed inside.';
  return { cause: 'run_failed', severity: 'error', message: `${code}: ${says}` };
}

function rulesFailed(rules: readonly string[]): Omit<Trouble, 'runId'> {
  const named = rules.slice(0, 10).join(', ');
  const more = rules.length > 10 ? `, and ${rules.length - 10} more` : '';
  return { cause: 'rule_failed', severity: 'warning', message: `Quality rules failed: ${named}${more}.` };
}

function isLate(late: Awaited<ReturnType<typeof lateSince>>): Omit<Trouble, 'runId'> {
  const said = late.map(
    ({ property, promised, from }) => `${property} ${promised} is not kept since ${from.toISOString()}`,
  );
  const severity = late.every(({ property }) => WARNINGS.has(property)) ? 'warning' : 'error';
  return { cause: 'late', severity, message: `${said.join('; ')}.` };
}

async function raise(trx: Transaction, deps: AlertDeps, id: ProductId, trouble: Trouble): Promise<AlertRow | null> {
  const product = await liveProduct(trx, id);
  if (product === null) return null;
  const upstream = await alertUpstream(trx, await upstreamOf(trx, id));
  const follows = upstream === null ? null : (upstream.follows ?? upstream.id);
  const { alert, came } = await raiseAlert(trx, { id: randomUUID(), productId: id, ...trouble, follows });
  if (came === 'lasting') return null;
  // Of what flaps nobody is told, unless it lasts: then from the first level on.
  if (came === 'back') {
    const escalatesAfterMs = follows === null ? deps.escalateAfterMs : null;
    await noteLevel(trx, alert.id, { level: BEFORE_ALL, told: false, escalatesAfterMs });
    return follows === null ? alert : null;
  }
  const nextMs = await tell(trx, deps, { alert, product, kind: 'opened', level: 0 });
  return nextMs === null ? null : alert;
}

async function resolve(trx: Transaction, deps: AlertDeps, id: ProductId, cause: AlertCause): Promise<void> {
  const alert = await resolveAlert(trx, id, cause);
  const product = alert?.told === true ? await liveProduct(trx, id) : null;
  if (alert === null || product === null) return;
  const levels = levelsOf(product, deps.operators).slice(0, alert.level + 1);
  for (const channel of levels.flat()) await send(trx, deps, { alert, kind: 'resolved', channel });
}

interface Telling {
  readonly alert: AlertRow;
  readonly product: Product;
  readonly kind: 'opened' | 'escalated' | 'resolved';
}

/** Tells a level; in how many milliseconds the next one is to be told, or null where there is none. */
async function tell(
  trx: Transaction,
  deps: AlertDeps,
  telling: Telling & { readonly level: number },
): Promise<number | null> {
  const { alert, product, level } = telling;
  const levels = levelsOf(product, deps.operators);
  let told = false;
  for (const channel of levels[level] ?? []) told = (await send(trx, deps, { ...telling, channel })) || told;
  // A warning can wait, and what follows from another is mended with it.
  const goesOn = alert.severity === 'error' && alert.follows === null && level + 1 < levels.length;
  const escalatesAfterMs = goesOn ? deps.escalateAfterMs : null;
  await noteLevel(trx, alert.id, { level, told, escalatesAfterMs });
  return escalatesAfterMs;
}

/** False where the channel was told of it, or of what it follows from, or has been told too much. */
async function send(
  trx: Transaction,
  deps: AlertDeps,
  { alert, kind, channel }: Pick<Telling, 'alert' | 'kind'> & { readonly channel: Channel },
): Promise<boolean> {
  const group = kind === 'resolved' ? alert.id : (alert.follows ?? alert.id);
  // Levels follow one another, and it is over once: only what is opened may have been told with another.
  const since = kind === 'opened' ? new Date(0) : new Date();
  const leave = await mayTell(trx, { group, channel: channel.url, kind, since, most: TOLD_AN_HOUR });
  if (leave === null) return false;
  const message = await messageOf(trx, deps, { alert, kind, isLast: leave.isLast });
  const { tool, url, secret } = channel;
  const body: AlertBody = { tool, secret, message };
  return requestDelivery(trx, {
    effect: `alert:${leave.telling}`,
    channel: 'alert',
    destination: url,
    body: { ...body },
  });
}

const KINDS = { opened: '', escalated: 'still: ', resolved: 'well again: ' } as const;
const CAUSES = { run_failed: 'a run failed', late: 'late', rule_failed: 'a rule failed' } as const;

async function messageOf(
  trx: Transaction,
  deps: AlertDeps,
  { alert, kind, isLast }: Pick<Telling, 'alert' | 'kind'> & { readonly isLast: boolean },
): Promise<AlertMessage> {
  const { productId: product, cause, severity, runId: run, follows } = alert;
  const after = await followers(trx, alert.id);
  const link = deps.runLink(product);
  const text = [
    alert.message,
    ...(follows === null ? [] : [`It follows from alert ${follows} upstream.`]),
    ...(after.length === 0 ? [] : [`Others follow from it: ${after.join(', ')}.`]),
    ...(kind === 'resolved'
      ? []
      : [run === null ? `weft product ${product}` : `weft run ${run}`, `weft alerts ack ${alert.id}`]),
    ...(isLast ? ['This channel has been told enough for an hour: `weft alerts` lists the rest.'] : []),
  ];
  return {
    type: `alert.${kind}`,
    alert: alert.id,
    product,
    cause,
    severity,
    title: `${product}: ${KINDS[kind]}${CAUSES[cause]}`,
    text: text.join('\n'),
    run,
    links: link === null ? [] : [{ title: 'Temporal', url: link }],
    at: new Date().toISOString(),
  };
}

async function liveProduct(trx: Transaction, id: ProductId): Promise<Product | null> {
  const revision = await revisionIn(trx, id, 'live');
  return revision === null ? null : productOf(revision);
}

/** All that a product reads, at whatever distance. */
async function upstreamOf(trx: Transaction, id: ProductId): Promise<ProductId[]> {
  const { mesh } = linkMesh(await liveProducts(trx));
  const found = new Set<ProductId>();
  const waiting = [id];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
    for (const { product } of mesh.inputs.get(next) ?? []) {
      if (found.has(product)) continue;
      found.add(product);
      waiting.push(product);
    }
  return [...found];
}
