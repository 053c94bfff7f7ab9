import { isDeepStrictEqual } from 'node:util';
import type { ChangeCode } from './change-codes.ts';
import type { Owner } from './graph-share.ts';

/** What a difference of the graph is about: each is explained by what changed of its owner in the contract. */
export type Aspect = 'shape' | 'nullability' | 'value' | 'key' | 'description' | 'deprecation' | 'tag' | 'other';

/** Where in the documents something stands. */
export interface Place {
  readonly file: string | null;
  readonly path: string | null;
}

/** A change of the contract, before it is known what the graph loses or gains by it. */
export interface Draft extends Place {
  readonly code: ChangeCode;
  readonly message: string;
  readonly subject: string;
  /** Differences of the graph that it is the reason of: of these owners, in these aspects. */
  readonly owners?: readonly Owner[];
  readonly aspects?: readonly Aspect[] | 'all';
  /** Whom it meets though the graph stays as it is. */
  readonly meets?: readonly Owner[];
}

/** Differences of two parts of a document. */
export interface Compared {
  readonly drafts: readonly Draft[];
  /** Keys of the part that the drafts are about; what differs besides is said by `restOf`. */
  readonly explained: readonly string[];
}

type Part = Readonly<Record<string, unknown>>;

/** One change for all that differs and that no other change is about: nothing that the documents say changes unnamed. */
export function restOf(
  was: object,
  is: object,
  explained: readonly string[],
  at: Place & { subject: string },
): Draft[] {
  const [before, after] = [was as Part, is as Part];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !explained.includes(key) && !isDeepStrictEqual(before[key], after[key]),
  );
  if (keys.length === 0) return [];
  const message = `${at.subject}: ${keys.join(', ')} changed.`;
  const first = keys.find((key) => key in after);
  const path = first === undefined ? at.path : [at.path, first].filter((step) => step !== null).join('.');
  return [{ code: 'DETAILS_CHANGED', message, subject: at.subject, file: at.file, path }];
}

/** Whether a part has that key otherwise. */
export function differs(was: object, is: object, key: string): boolean {
  return !isDeepStrictEqual((was as Part)[key], (is as Part)[key]);
}
