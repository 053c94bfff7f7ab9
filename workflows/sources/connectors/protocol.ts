import type { ConnectorSource } from '../../../schema/contract/connector-source.ts';
import type { SourceObject } from '../../../schema/contract/model.ts';
import type { Item } from '../spooled-records.ts';

/** Files that a program is told of: each is written into its folder, and its path stands for `{ file }` among the arguments. */
export type Argument = string | { readonly file: string; readonly json: unknown };

/** Runs the program once; yields the lines that it says. */
export type Say = (args: readonly Argument[]) => AsyncIterable<readonly string[]>;

/** What a stream is, as the connector tells it. */
export interface Stream {
  /** JSON Schema of its records. */
  readonly schema: unknown;
  /** As the protocol has it. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** How the stream is to be read. */
export interface Wish {
  readonly object: SourceObject;
  /** Only what is new, as far as the connector can tell that. */
  readonly isIncremental: boolean;
  /** What it said of how far it had come; undefined at first. */
  readonly state: unknown;
}

export interface Heard {
  readonly records: readonly Item[];
  /** How far it has come, where it says so: the last one counts. */
  readonly state?: unknown;
}

/** How a kind of connectors is spoken with. */
export interface Speech {
  /** Finds the stream. Refuses with SOURCE_MISSING where there is none, or the connector may not connect. */
  readonly discover: (source: ConnectorSource, config: Argument, say: Say) => Promise<Stream>;
  /** What it is told to read the stream. */
  readonly reading: (stream: Stream, config: Argument, wish: Wish) => readonly Argument[];
  /** Reads what it says. Refuses with SOURCE_MISSING or SOURCE_FAILED where that says so; throws ProgramFault where it is none. */
  readonly hear: (lines: readonly string[], stream: Stream, source: ConnectorSource) => Heard;
}
