import type { OdcsServer } from '../../schema/contract/odcs-server.ts';
import type { SourceObject } from '../../schema/contract/model.ts';
import type { Duckdb } from '../engines/duckdb.ts';
import type { FileRoot } from './file-path.ts';

/** What a connector is asked for: one object of an input port's server. */
export interface SourceAsk {
  readonly server: OdcsServer;
  readonly object: SourceObject;
  /** The product's own folder, where it is on this machine. */
  readonly folder: string | null;
  readonly roots: readonly FileRoot[];
}

/** A source that was found and looked at, and can be read as a relation of DuckDB. */
export interface OpenSource {
  /** For messages: `airports.csv`. */
  readonly label: string;
  /** A row a record, with the source's own column names. Text sources have text columns alone. */
  readonly relation: string;
  readonly columns: readonly SourceColumn[];
  /** False where every value is text (CSV, JSON): then only the values tell a retyped column. */
  readonly typed: boolean;
  /** Yields the number of a row, from 0, in SQL over `relation`. */
  readonly rowNumber: string;
  /** What was seen when it was opened: size, time. Kept with the stage. */
  readonly facts: Readonly<Record<string, number | string>>;
  /** Lines that are no rows, found by reading `relation`: called after it was read. */
  brokenLines(): Promise<readonly BrokenLine[]>;
  /** Refuses with SOURCE_INCOMPLETE where the source is not what it was when it was opened: called after it was read. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

export interface SourceColumn {
  readonly name: string;
  /** DuckDB's type. */
  readonly type: string;
}

/** A line that cannot be taken apart. */
export interface BrokenLine {
  /** From 1, as an editor counts. */
  readonly line: number;
  readonly text: string;
  readonly reason: string;
  /** It is the file's last, and no line break ends it: the file was cut off. */
  readonly cut: boolean;
}

/** Opens a source, or refuses: SOURCE_MISSING, SOURCE_INCOMPLETE. Sources that are not files spool to one in `db.folder`. */
export type Connector = (ask: SourceAsk, db: Duckdb) => Promise<OpenSource>;
