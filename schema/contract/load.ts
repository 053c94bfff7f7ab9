import type { Load, LoadMode, SourceProperty } from './model.ts';
import type { OdcsObject } from './odcs.ts';
import type { Path } from './parse.ts';
import { custom, type Reporter } from './report.ts';
import { durationSeconds } from './duration.ts';

/** What a source's object says of it. */
export const LOAD_SETTINGS: readonly string[] = ['loadMode', 'watermark', 'lookBack', 'deletedRows'];

const MODES: readonly string[] = ['full', 'merge', 'append', 'history', 'cdc'] satisfies ('full' | LoadMode)[];
const TIMES: readonly string[] = ['timestamptz', 'date'];
const NUMBERS = /^(integer|bigint|numeric|double precision)/;

/**
 * How a source's rows come in, by custom properties of its object: `loadMode`, `watermark`, `lookBack`, `deletedRows`. Null where all are
 * read anew each time, which is what a source says that says nothing.
 */
export function readLoad(
  object: OdcsObject,
  { properties, key }: { properties: readonly SourceProperty[]; key: readonly SourceProperty[] },
  { path, report }: { path: Path; report: Reporter },
): Load | null {
  const fault = (code: string, message: string): null => {
    report.error(code, [...path, 'customProperties'], `${object.name}: ${message}`);
    return null;
  };
  const mode = custom(object, 'loadMode') ?? 'full';
  const named = (name: unknown): SourceProperty | undefined =>
    properties.find((property) => property.name === name || property.column === name);
  if (typeof mode !== 'string' || !MODES.includes(mode))
    return fault('LOAD_MODE', `loadMode must be one of ${MODES.join(', ')}; found ${JSON.stringify(mode)}.`);
  const given = { watermark: custom(object, 'watermark'), deletedRows: custom(object, 'deletedRows') };
  const lookBack = custom(object, 'lookBack');
  if (mode === 'full') {
    const unused = Object.entries({ ...given, lookBack }).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    );
    if (unused.length > 0)
      report.warning(
        'LOAD_UNUSED',
        [...path, 'customProperties'],
        `${object.name}: ${unused.join(' and ')} means nothing where loadMode is full, as it is where nothing is said.`,
      );
    return null;
  }
  if (key.length === 0)
    return fault('LOAD_KEY', `loadMode ${mode} needs a primary key in the source: it tells which row is which.`);

  if (mode === 'cdc') {
    const [more] = Object.entries({ ...given, lookBack }).find(([, value]) => value !== undefined) ?? [];
    if (more !== undefined)
      return fault('LOAD_MODE', `with loadMode cdc the source's log tells what changed, and ${more} is not asked.`);
    return { mode: 'cdc', key, watermark: null, lookBack: 0, deleted: null };
  }
  const watermark = given.watermark === undefined ? null : (named(given.watermark) ?? undefined);
  if (watermark === undefined)
    return fault('LOAD_WATERMARK', `watermark names ${JSON.stringify(given.watermark)}, which is no property of it.`);
  const isTime = watermark !== null && TIMES.includes(watermark.pgType);
  if (watermark !== null && (watermark.list || !(isTime || NUMBERS.test(watermark.pgType))))
    return fault(
      'LOAD_WATERMARK',
      `watermark must name a date, a time or a number; ${watermark.name} is ${watermark.pgType}.`,
    );

  const back = readLookBack(lookBack, watermark, isTime);
  if (back === null)
    return fault(
      'LOAD_LOOK_BACK',
      `lookBack is how far before the last watermark is read again: ${isTime ? 'a length of time, such as P2D' : 'a number, of what the watermark counts'}; found ${JSON.stringify(lookBack)}${watermark === null ? ', and there is no watermark' : ''}.`,
    );

  const deleted =
    given.deletedRows === undefined ? null : given.deletedRows === 'missing' ? 'missing' : named(given.deletedRows);
  if (deleted === undefined)
    return fault(
      'LOAD_DELETED',
      `deletedRows must be missing, or name the property that tells which rows are gone; found ${JSON.stringify(given.deletedRows)}.`,
    );
  if (deleted !== null && mode === 'append') return fault('LOAD_DELETED', 'with loadMode append no row is ever gone.');
  if (deleted === 'missing' && watermark !== null)
    return fault(
      'LOAD_DELETED',
      'deletedRows missing needs all rows each time, and a watermark leaves those out that did not change.',
    );
  return { mode: mode as LoadMode, key, watermark, lookBack: back, deleted };
}

function readLookBack(value: unknown, watermark: SourceProperty | null, isTime: boolean): number | null {
  if (value === undefined) return 0;
  if (watermark === null) return null;
  if (isTime) return durationSeconds(value, undefined);
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
