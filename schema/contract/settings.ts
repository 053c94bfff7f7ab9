import type { z } from 'zod';
import { nearest } from './grammar.ts';
import type { Path } from './parse.ts';
import type { custom, Reporter } from './report.ts';

type Owner = Parameters<typeof custom>[0];

export interface SettingsPlace {
  /** For messages: `The server shop`. */
  readonly of: string;
  readonly path: Path;
  readonly report: Reporter;
  /** True where custom properties may be about something else: then only what looks like a slip of the pen is warned of. */
  readonly amongOthers?: boolean;
}

/**
 * What the standard has no word for, from the custom properties of a server or an object: each fault is an error at its place
 * (SETTING_INVALID), a property of another name a warning (SETTING_UNKNOWN). Null where there was an error.
 */
export function readSettings<Shape extends z.ZodRawShape>(
  owner: Owner,
  grammar: z.ZodObject<Shape>,
  { of, path, report, amongOthers = false }: SettingsPlace,
): z.infer<z.ZodObject<Shape>> | null {
  const given = owner.customProperties ?? [];
  const known = Object.keys(grammar.shape);
  for (const [index, { property }] of given.entries()) {
    if (known.includes(property)) continue;
    const meant = nearest(property, known);
    if (meant === null && amongOthers) continue;
    report.warning(
      'SETTING_UNKNOWN',
      [...path, 'customProperties', index, 'property'],
      `${of}: ${property.slice(0, 60)} is none of its settings (${known.join(', ')}); it is kept and means nothing.${meant === null ? '' : ` Did you mean ${meant}?`}`,
    );
  }
  const values = Object.fromEntries(
    given.filter(({ property }) => known.includes(property)).map(({ property, value }) => [property, value]),
  );
  const read = grammar.safeParse(values);
  if (read.success) return read.data;
  for (const { path: at, message } of read.error.issues) {
    const [property, ...rest] = at;
    const index = given.findIndex((one) => one.property === property);
    report.error(
      'SETTING_INVALID',
      index < 0 ? path : [...path, 'customProperties', index, 'value', ...rest],
      `${of}: ${at.map(String).join('.')}: ${message}.`,
    );
  }
  return null;
}
