import pg from 'pg';
import type { BoundValue } from './fetch.ts';

/** What a TextQuery uses of pg's connection. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  /** Texts of the statements that the connection has prepared, by name. */
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  parse(statement: { readonly name: string; readonly text: string }): void;
  bind(portal: {
    readonly statement: string;
    readonly values: readonly BoundValue[];
    readonly valueMapper: Mapper;
  }): void;
  execute(portal: null): void;
  sync(): void;
}

type Mapper = (value: unknown) => unknown;

/** Makes of lists arrays of Postgres. Its types do not tell that pg has it. */
const { prepareValue } = (pg as unknown as { readonly utils: { readonly prepareValue: Mapper } }).utils;

/** A statement of one row and one column of text. */
export interface TextStatement {
  readonly text: string;
  /** As which the connection prepares it; empty where it is not worth it. */
  readonly name: string;
  readonly values: readonly BoundValue[];
}

/** Runs a statement on a client of one's own and answers its text; rejects as pg's own queries do. */
export function queryText(client: pg.ClientBase, statement: TextStatement): Promise<string | null> {
  return new Promise((resolve, reject) => client.query(new TextQuery(statement, resolve, reject)));
}

/**
 * As pg's clients run what is no query of pg's own (its Submittable). That one has Postgres describe the row each time, and makes a
 * result of it: of a short statement, a good part of all work.
 */
class TextQuery implements pg.Submittable {
  readonly text: string;
  readonly name: string;
  readonly values: readonly BoundValue[];
  readonly #resolve: (answer: string | null) => void;
  readonly #reject: (error: Error) => void;
  #answer: string | null = null;

  constructor(
    { text, name, values }: TextStatement,
    resolve: (answer: string | null) => void,
    reject: (error: Error) => void,
  ) {
    this.text = text;
    this.name = name;
    this.values = values;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: pg.Connection): void {
    const wire = connection as unknown as Wire;
    const { name, text } = this;
    // Sent as one, not message by message.
    wire.stream.cork();
    try {
      if (name === '' || wire.parsedStatements[name] === undefined) wire.parse({ name, text });
      wire.bind({ statement: name, values: this.values, valueMapper: prepareValue });
      wire.execute(null);
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.#answer = fields[0] ?? null;
  }

  handleCommandComplete(): void {
    // The connection is not ready yet.
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#answer);
  }

  handleError(error: Error): void {
    this.#reject(error);
  }
}
