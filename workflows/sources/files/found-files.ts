import type { SourceAsk } from '../source.ts';

/** The files of one source: found and judged, and still where they were. */
export interface FoundFiles {
  /** For messages: `data/2026-*.csv`. */
  readonly label: string;
  /** At least one, in an order that is the same each time. */
  readonly files: readonly FoundFile[];
  /** What was seen of them as a whole; kept with the stage. Asked once they were looked at. */
  facts(): Readonly<Record<string, number | string>>;
  /** Refuses with SOURCE_INCOMPLETE where they are no longer what they were. */
  verify(): Promise<void>;
  /** What tells the state that they are in from any other; null where nothing does. Asked once they were brought. */
  state(): string | null;
  /** True where they are, without their being brought, known to be in that state still. */
  isStill(state: string): Promise<boolean>;
  /** Leaves what was brought to the next stage of the run. */
  leave?(): Promise<void>;
  close(): Promise<void>;
}

export interface FoundFile {
  /** For messages: `2026-03.csv`. */
  readonly name: string;
  /** Brings its first bytes onto this machine, as many as are asked for and there, or all. Refuses what is not there or breaks off. */
  bring(bytes: number | 'all'): Promise<Bytes>;
}

/** Bytes of a file that are on this machine. */
export interface Bytes {
  /** What any part of this process may open to read them. */
  readonly path: string;
  readonly size: number;
  /** False: it is longer than what is here. */
  readonly whole: boolean;
}

/** Finds the files that a server names. `endings` are how a folder's files of that format are called: `csv`. */
export type FindFiles = (
  ask: SourceAsk,
  context: { readonly endings: readonly string[]; readonly folder: string },
) => Promise<FoundFiles>;
