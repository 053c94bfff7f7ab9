import type { Objective, Product } from '../../schema/contract/model.ts';
import { burnRate, type ErrorBudget, errorBudget, type Measured } from '../../schema/error-budget.ts';
import { Refusal } from '../../schema/errors.ts';
import type { ProductId } from '../../schema/ids.ts';
import { arrivedAt } from '../../schema/ledger/datasets.ts';
import { breaches, readLatency, type SloRow } from '../../schema/ledger/slo-standings.ts';
import type { CatalogContext } from './context.ts';
import { pageSize } from './page.ts';

const WINDOW_DAYS = 30;
/** As long as reads are kept. */
const DAYS_MAX = 90;
const DAY_HOURS = 24;

/** A promise of a product; `row` null where the worker has not looked at it yet. */
interface SloSource {
  readonly id: ProductId;
  readonly objective: Objective;
  readonly row: SloRow | null;
}

interface BudgetSource extends SloSource {
  readonly days: number;
}

interface DaysArgs {
  readonly days: number;
}

const UNITS = {
  age: 'seconds',
  daily: 'seconds',
  kept: 'seconds',
  lag: 'seconds',
  answers: 'reads',
  latency: 'reads',
  checks: 'checks',
} as const satisfies Record<Objective['measure'], string>;

/** How a promise is kept, in the last 30 days. */
export interface SloStanding {
  readonly product: ProductId;
  readonly property: Objective['property'];
  readonly withinObjective: boolean | null;
  readonly compliance: number | null;
  readonly left: number | null;
}

type Context = Pick<CatalogContext, 'graph' | 'ledger' | 'loaders'>;

/** How these products keep what they promise. */
export async function sloStandings(context: Context, ids: readonly ProductId[]): Promise<SloStanding[]> {
  const { products } = context.graph.current().mesh;
  const found = ids.map(async (id) => {
    const sources = await sourcesOf(id, products.get(id) ?? null, context);
    return Promise.all(
      sources.map(async (source) => {
        const { compliance, left } = await budgetOf({ ...source, days: WINDOW_DAYS }, context);
        const { property } = source.objective;
        return { product: id, property, withinObjective: await isWithin(source, context), compliance, left };
      }),
    );
  });
  return (await Promise.all(found)).flat();
}

/** Resolvers of promises that are measured. */
export const slos = {
  DataProduct: {
    slos: ({ id, product }: { id: ProductId; product: Product | null }, _args: unknown, context: CatalogContext) =>
      sourcesOf(id, product, context),
  },
  Slo: {
    property: ({ objective }: SloSource) => objective.property,
    promised: ({ objective }: SloSource) => objective.promised,
    target: ({ objective }: SloSource) => objective.target,
    unit: ({ objective }: SloSource) => UNITS[objective.measure],
    measured: (source: SloSource, _args: unknown, context: CatalogContext) => measuredText(source, context),
    withinObjective: (source: SloSource, _args: unknown, context: CatalogContext) => isWithin(source, context),
    since: (source: SloSource) => {
      if (!isOfTime(source) || source.row === null) return null;
      const { missedSince, metSince, dueAt, measuredSince } = source.row;
      return isMissed(source.row) ? (missedSince ?? dueAt) : (metSince ?? measuredSince);
    },
    dueAt: ({ row }: SloSource) => row?.dueAt ?? null,
    measuredSince: ({ row }: SloSource) => row?.measuredSince ?? null,
    errorBudget: async (source: SloSource, { days }: DaysArgs, context: CatalogContext) => {
      const asked = { ...source, days: daysOf(days) };
      return { ...asked, ...(await budgetOf(asked, context)) };
    },
    history: async ({ id, objective }: SloSource, { days }: DaysArgs, { loaders }: CatalogContext) => {
      const span = { hours: daysOf(days) * DAY_HOURS, stepHours: DAY_HOURS };
      const steps = await loaders.measured(objective, span).load(id);
      return steps.map(({ from, good, total }) => ({ from, compliance: good / total }));
    },
    breaches: ({ id, objective }: SloSource, { first }: { first?: number | null }, { ledger }: CatalogContext) =>
      breaches(ledger, { id, property: objective.property, limit: pageSize(first, 20) }),
  },
  ErrorBudget: {
    burnRate: async (source: BudgetSource, { hours }: { hours: number }, context: CatalogContext) => {
      if (hours < 1 || hours > DAYS_MAX * DAY_HOURS)
        throw new Refusal('BAD_INPUT', `hours is from 1 to ${DAYS_MAX * DAY_HOURS}; found ${hours}.`);
      return burnRate(await measuredIn(source, hours, context), source.objective.target);
    },
  },
};

async function sourcesOf(id: ProductId, product: Product | null, { loaders }: Context): Promise<SloSource[]> {
  const objectives = product?.sla.objectives ?? [];
  const rows = objectives.length === 0 ? [] : await loaders.slos.load(id);
  return objectives.map((objective) => {
    const row = rows.find(({ property }) => property === objective.property) ?? null;
    return { id, objective, row };
  });
}

async function isWithin(source: SloSource, context: Context): Promise<boolean | null> {
  if (isOfTime(source)) return source.row && !isMissed(source.row);
  const { compliance } = await budgetOf({ ...source, days: WINDOW_DAYS }, context);
  return compliance === null ? null : compliance >= source.objective.target;
}

function isOfTime({ objective }: SloSource): boolean {
  return UNITS[objective.measure] === 'seconds';
}

/** The clock tells too: nobody waits for the timer. */
function isMissed({ missedSince, dueAt }: SloRow): boolean {
  return missedSince !== null || (dueAt !== null && dueAt.getTime() <= Date.now());
}

async function budgetOf(source: BudgetSource, context: Context): Promise<ErrorBudget> {
  const measured = await measuredIn(source, source.days * DAY_HOURS, context);
  const { target } = source.objective;
  // Of time, all of the window is allowed for, however long it has been measured.
  return isOfTime(source) ? errorBudget(measured, target, source.days * 86_400) : errorBudget(measured, target);
}

async function measuredIn({ id, objective }: SloSource, hours: number, { loaders }: Context): Promise<Measured> {
  const [step] = await loaders.measured(objective, { hours, stepHours: hours }).load(id);
  return step ?? { good: 0, total: 0 };
}

async function measuredText(source: SloSource, context: CatalogContext): Promise<string | null> {
  const { id, objective } = source;
  if (objective.measure === 'age' || objective.measure === 'daily') {
    const dataset = context.graph.current().datasets.get(id);
    return dataset === undefined ? null : `data of ${arrivedAt(dataset).toISOString()}`;
  }
  const { good, total } = await measuredIn(source, WINDOW_DAYS * DAY_HOURS, context);
  if (total === 0) return null;
  const share = `${Number(((good / total) * 100).toFixed(3))} %`;
  if (objective.measure === 'kept' || objective.measure === 'lag') return `${share} of the time`;
  if (objective.measure === 'checks') return `${share} of ${total} checks passed`;
  if (objective.measure === 'answers') return `${share} of ${total} reads answered`;
  const asked = { ids: [id], hours: WINDOW_DAYS * DAY_HOURS, share: objective.target };
  const ms = (await readLatency(context.ledger, asked)).get(id);
  return `${share} of ${total} reads in time, ${objective.target * 100} % within ${ms} ms`;
}

function daysOf(days: number): number {
  if (days >= 1 && days <= DAYS_MAX) return days;
  throw new Refusal('BAD_INPUT', `days is from 1 to ${DAYS_MAX}; found ${days}.`);
}
