import { durationSeconds, milliseconds } from './duration.ts';
import type { Objective, ObjectiveProperty, Product, RowAge } from './model.ts';
import type { OdcsSlaProperty } from './odcs.ts';
import { readSla } from './sla.ts';
import { slaElements } from './sla-element.ts';

/** Of a promise that names no share: seven hours a month beyond it. At 1 there would be no budget, and every trifle would break it. */
const TARGET = 0.99;
/** How many reads are to be within the promised latency, where it names no percentile. */
const PERCENTILE = 95;
/** Runs take longer one day than on another: what comes each day comes within a day and a tenth. */
const FREQUENCY_SLACK = 1.1;

/** The names that contracts use, in lower case; ODCS has short ones. */
const NAMES: Readonly<Record<string, ObjectiveProperty>> = {
  freshness: 'freshness',
  timeliness: 'freshness',
  frequency: 'frequency',
  refreshfrequency: 'frequency',
  fy: 'frequency',
  timeofavailability: 'timeOfAvailability',
  ta: 'timeOfAvailability',
  availability: 'availability',
  av: 'availability',
  latency: 'latency',
  ly: 'latency',
  responsetime: 'latency',
  quality: 'quality',
  errorrate: 'quality',
  er: 'quality',
  retention: 'retention',
  re: 'retention',
};

/**
 * What of a product's promises is measured: the first of each property. Of data that is not ours there is no age, and its latency is
 * that of reads; of ours it is so where it is told in milliseconds, else it stands in for freshness, and where it names an element it is of
 * rows too. Quality is promised by rules alone.
 */
export function objectivesOf(
  properties: readonly OdcsSlaProperty[],
  { kind, objects }: Pick<Product, 'kind' | 'objects'>,
): Objective[] {
  const found = new Map<ObjectiveProperty, Objective>();
  for (const property of properties) {
    const name = NAMES[property.property.toLowerCase()];
    const objective = name === undefined ? null : objectiveOf(name, property, kind);
    // Freshness is the promise proper.
    if (objective === null || (found.has(objective.property) && name !== 'freshness')) continue;
    found.set(objective.property, objective);
  }
  if (kind === 'managed')
    for (const objective of ofRows(properties, objects, found)) found.set(objective.property, objective);
  const hasRules = objects.some(({ quality }) => quality.some(({ expectation }) => expectation !== null));
  if (kind === 'managed' && hasRules && !found.has('quality'))
    found.set('quality', { property: 'quality', promised: 'its rules', target: TARGET, measure: 'checks' });
  return [...found.values()];
}

/** What is promised of the ages of rows, by all promises that name an element: of retention with what it is besides. */
function ofRows(
  properties: readonly OdcsSlaProperty[],
  objects: Product['objects'],
  found: ReadonlyMap<ObjectiveProperty, Objective>,
): Objective[] {
  const rows: Record<'retention' | 'latency', RowAge[]> = { retention: [], latency: [] };
  let lag: OdcsSlaProperty | null = null;
  for (const promise of properties) {
    const { value, unit, element } = promise;
    const name = NAMES[promise.property.toLowerCase()];
    const seconds = durationSeconds(value, unit);
    if (seconds === null || (name !== 'retention' && name !== 'latency')) continue;
    if (name === 'latency' && milliseconds(value, unit) !== null) continue;
    const named = slaElements(element, objects).map((one) => ({ ...one, seconds }));
    rows[name].push(...named);
    if (name === 'latency' && named.length > 0) lag ??= promise;
  }
  const kept = found.get('retention');
  return [
    ...(kept?.measure === 'kept' && rows.retention.length > 0 ? [{ ...kept, rows: rows.retention }] : []),
    ...(lag === null || found.has('latency')
      ? []
      : [{ ...about('latency', lag), measure: 'lag', rows: rows.latency } as const]),
  ];
}

function about(
  property: ObjectiveProperty,
  promise: OdcsSlaProperty,
): Pick<Objective, 'property' | 'promised' | 'target'> {
  return { property, promised: promised(promise), target: share(custom(promise, 'target')) ?? TARGET };
}

/** Null where it says nothing that can be measured: the faults of it are told by readSla. */
function objectiveOf(property: ObjectiveProperty, promise: OdcsSlaProperty, kind: Product['kind']): Objective | null {
  const { value, unit } = promise;
  const common = about(property, promise);
  if (property === 'availability') {
    const target = share(value);
    return target === null ? null : { ...common, target, measure: 'answers' };
  }
  if (property === 'latency') {
    const withinMs = milliseconds(value, unit) ?? (kind === 'managed' ? null : inMs(durationSeconds(value, unit)));
    if (withinMs !== null) {
      const target = share(custom(promise, 'percentile')) ?? PERCENTILE / 100;
      return { ...common, target, measure: 'latency', withinMs };
    }
    return objectiveOf('freshness', promise, kind);
  }
  if (kind !== 'managed') return null;
  if (property === 'quality') {
    const said = share(value);
    const isErrors =
      NAMES[promise.property.toLowerCase()] === 'quality' && promise.property.toLowerCase() !== 'quality';
    const target = said === null ? null : isErrors ? 1 - said : said;
    return target === null ? null : { ...common, target, measure: 'checks' };
  }
  if (property === 'timeOfAvailability') {
    const { refresh } = readSla([promise]).sla;
    if (refresh?.kind !== 'daily') return null;
    return { ...common, measure: 'daily', atMinute: refresh.availableAtMinute, timezone: refresh.timezone };
  }
  const seconds = durationSeconds(value, unit);
  if (seconds === null) return null;
  if (property === 'retention') return { ...common, measure: 'kept', rows: [] };
  return {
    ...common,
    measure: 'age',
    seconds: property === 'frequency' ? Math.round(seconds * FREQUENCY_SLACK) : seconds,
  };
}

function inMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000;
}

function promised({ value, unit }: OdcsSlaProperty): string {
  return `${String(value)}${unit === undefined ? '' : ` ${unit}`}`.slice(0, 100);
}

function custom({ customProperties }: OdcsSlaProperty, name: string): unknown {
  return customProperties?.find(({ property }) => property.toLowerCase() === name)?.value;
}

/** `99.5`, `99.5 %` -> 0.995; null for what is no share of a hundred. */
function share(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  const percent = text === '' ? Number.NaN : Number(text.replace(/\s*(?:%|percent)$/i, ''));
  // Divided as a decimal: 99.9 is 0.999 and no neighbour of it.
  return percent > 0 && percent <= 100 ? Number((percent / 100).toFixed(8)) : null;
}
