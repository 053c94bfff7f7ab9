import { parse } from 'yaml';
import { readExpectation } from './great-expectations.ts';
import type { Reading, RuleAt } from './meaning.ts';
import { readCheck } from './soda.ts';

/** By the engine's name in small letters, without blanks and dashes. */
const ENGINES: Readonly<Record<string, (implementation: unknown, at: RuleAt) => Reading>> = {
  greatexpectations: readExpectation,
  gx: readExpectation,
  soda: readCheck,
  sodacl: readCheck,
};

/**
 * Reads a `custom` rule: what counts exactly as a metric of the standard's library is carried out as one, all else is listed, with the
 * reason. `implementation` is an object, or YAML or JSON in a text (ODCS 3.1, Custom).
 */
export function readCustom(engine: string, implementation: unknown, at: RuleAt): Reading {
  const name = engine.toLowerCase().replace(/[\s_-]/g, '');
  const read = Object.hasOwn(ENGINES, name) ? ENGINES[name] : undefined;
  if (read === undefined)
    return { why: `its engine ${engine.slice(0, 40)} is none that Weft knows (soda, greatExpectations)` };
  try {
    return read(typeof implementation === 'string' ? parse(implementation) : implementation, at);
  } catch {
    return { why: 'its implementation is no YAML' };
  }
}
