import type { Reading } from '../../schema/reading.ts';
import type { Bound } from './fetch.ts';

/** A statement as it is sent: values only as parameters. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What grows while a fetch tree becomes text: its parameters and the names of its row sources. */
export interface Draft {
  readonly reading: Reading;
  /** Binds a value and answers its place in the text, with its cast. */
  bind(bound: Bound): string;
  /** A name that no other row source of the statement has. */
  alias(): string;
  finish(text: string): Statement;
}

/** An empty statement that reads the versions of `reading`. */
export function draft(reading: Reading): Draft {
  const values: unknown[] = [];
  let aliases = 0;
  return {
    reading,
    bind: ({ value, pgType }) => {
      values.push(value);
      return `$${values.length}::${pgType}`;
    },
    alias: () => `t${(aliases += 1)}`,
    finish: (text) => ({ text, values }),
  };
}
