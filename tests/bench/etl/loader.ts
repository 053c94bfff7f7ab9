import type { Format } from './lineitem.ts';
import type { Load } from './load.ts';

/** Something that brings the rows of a file into PostgreSQL. */
export interface Loader {
  readonly title: string;
  readonly format: Format;
  /** Where the rows are afterwards; null where the loader says itself how many there are. */
  readonly table: string | null;
  /** Makes ready what is not measured; throws where it cannot be had. */
  prepare(): Promise<void>;
  load(): Promise<Load>;
}
