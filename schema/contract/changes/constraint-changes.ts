import { isDeepStrictEqual } from 'node:util';
import type { Draft } from './draft.ts';

type Options = Readonly<Record<string, unknown>>;
type Found = Pick<Draft, 'code' | 'message' | 'subject'>;

/** Bounds of `logicalTypeOptions`: a larger one of the first kind, and a smaller one of the second, holds values to more. */
const LEAST = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const MOST = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];

/** What values are held to: each option by whether it allows less or more than it did. */
export function constraintChanges(was: Options = {}, is: Options = {}, subject: string): Found[] {
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.flatMap((name): Found[] => {
    const [old, now] = [was[name], is[name]];
    if (isDeepStrictEqual(old, now)) return [];
    const message = `${subject}: ${name} was ${shown(old)} and is ${shown(now)}.`;
    return [{ code: shift(name, old, now), message, subject }];
  });
}

function shift(name: string, was: unknown, is: unknown): Draft['code'] {
  if (was === undefined) return 'CONSTRAINT_TIGHTENED';
  if (is === undefined) return 'CONSTRAINT_LOOSENED';
  // Numbers, or dates as text of one form: both compare as they are.
  const isComparable = typeof was === typeof is && (typeof was === 'number' || typeof was === 'string');
  const isBound = LEAST.includes(name) || MOST.includes(name);
  if (!isComparable || !isBound) return 'CONSTRAINT_CHANGED';
  const grows = (is as number) > (was as number);
  return grows === LEAST.includes(name) ? 'CONSTRAINT_TIGHTENED' : 'CONSTRAINT_LOOSENED';
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 100);
}
