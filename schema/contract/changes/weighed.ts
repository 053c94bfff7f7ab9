import type { Change } from './change.ts';
import { CHANGES, type ChangeCode } from './change-codes.ts';

/** What is said of a change beside its code. */
export interface Said {
  readonly message: string;
  readonly subject: string;
  readonly coordinates?: readonly string[];
  readonly file?: string | null;
  readonly path?: string | null;
}

/** A change, weighed by the table. */
export function change(
  code: ChangeCode,
  { message, subject, coordinates = [], file = null, path = null }: Said,
): Change {
  const { weight, bump } = CHANGES[code];
  return { code, weight, bump, message, subject, coordinates, file, path };
}
