import type { OdcsServer } from '../../schema/contract/odcs-server.ts';
import type { SourceObject } from '../../schema/contract/model.ts';
import type { Duckdb } from '../engines/duckdb.ts';
import type { HostRules } from '../../schema/allowed-hosts.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { Secrets } from '../../schema/secrets.ts';
import type { ConnectorHost } from './connectors/connector-host.ts';
import type { FileRoot } from './file-path.ts';

/** What a connector is asked for: one object of an input port's server. */
export interface SourceAsk {
  readonly server: OdcsServer;
  readonly object: SourceObject;
  /** The product's own folder, where it is on this machine. */
  readonly folder: string | null;
  readonly roots: readonly FileRoot[];
  /** Where it may be on the network: judged when it is connected to, since a name may lead elsewhere by then. */
  readonly hosts: HostRules;
  readonly secrets: Secrets;
  readonly connectors: ConnectorHost;
  /** What is read of it: null is all. A source that cannot tell gives more, and what is too much is left out after it. */
  readonly since: Since | null;
  /** Of a source that knows itself how far it has come: what it said of that the last time (`SourceRows.position`). */
  readonly position: string | null;
  /** Who reads: the product's id. */
  readonly reader: ProductId;
  /** What names the run, to its other stages; null where there are none. */
  readonly run: string | null;
  readonly signal: AbortSignal;
}

/** Rows whose column has at least this value: a number in decimal digits, a date or a UTC time in ISO 8601; and, of a slice, less than `until`. */
export interface Since {
  readonly column: string;
  readonly value: string;
  readonly until?: string;
}

/** A source that was found and looked at: what it has is known, and its rows are still where they were. */
export interface OpenSource {
  /** For messages: `airports.csv`. */
  readonly label: string;
  readonly columns: readonly SourceColumn[];
  /** False where every value is text (CSV, JSON): then only what is declared and the values tell a retyped column. */
  readonly typed: boolean;
  /** What was seen when it was opened: size, time. Kept with the stage. */
  readonly facts: Readonly<Record<string, number | string>>;
  /** Brings the rows within DuckDB's reach, once: files are where they are, others are spooled to one in `db.folder`. */
  read(): Promise<SourceRows>;
  /** Leaves what looking at it has brought to the next stage of the run, which then need not bring it again. After it nothing is read. */
  leave?(): Promise<void>;
  close(): Promise<void>;
}

/** The rows of a source, which DuckDB reads as often as it likes. */
export interface SourceRows {
  /** A row a record, with the source's own names of the columns that the contract declares, at least. Text sources have text columns alone. */
  readonly relation: string;
  /** What `relation` opens of files, but for those in DuckDB's own folder. */
  readonly paths?: readonly string[];
  /** Yields the number of a row, from 0, in SQL over `relation`. */
  readonly rowNumber: string;
  /** Lines that are no rows, found by reading `relation`: called after it was read. */
  brokenLines(): Promise<readonly BrokenLine[]>;
  /** Refuses with SOURCE_INCOMPLETE where the source is not what it was when it was opened: called after it was read. */
  verify(): Promise<void>;
  /** What tells the state of the source from any other, as far as it can be told: called after `verify`. */
  state?(): string | null;
  /** How far it has come, in words of its own: what it is asked with the next time. */
  readonly position?: string;
  /** Rows that are gone, by the source's columns of their keys, as text. */
  readonly gone?: string;
  /** True where these are all rows that there are, though only what changed was asked for: others are gone. */
  readonly isWhole?: boolean;
}

export interface SourceColumn {
  readonly name: string;
  /** DuckDB's type, as the rows have it. */
  readonly type: string;
  /** What the source itself declares, where its rows come as text: for people, and as a type of DuckDB of the same family. */
  readonly declared?: { readonly says: string; readonly type: string };
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

/** Finds a source and looks at it, or refuses: SOURCE_MISSING, SOURCE_INCOMPLETE, SOURCE_FAILED. */
export type Connector = (ask: SourceAsk, db: Duckdb) => Promise<OpenSource>;
