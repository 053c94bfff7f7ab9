/** What a source was seen to hold. Declared facts are those of a database or a specification; all else is evidence for guesses. */
export interface DescribedSource {
  /** As people call it: `returns.csv`, `the schema public of shop`. */
  readonly label: string;
  /** The entry of `servers` by which a refresh finds it. */
  readonly server: Readonly<Record<string, unknown>>;
  readonly objects: readonly DescribedObject[];
  /** True where its tables are read where they lie, with no copy: then the output contract names the server. */
  readonly isReadThrough: boolean;
  /** True where a refresh knows each row's number (files): a key of last resort. */
  readonly hasRowNumbers: boolean;
  /** Said to the person, once: what was left out, what a refresh will need. */
  readonly notes: readonly string[];
}

export interface DescribedObject {
  /** As the source calls it: the table's name, the file's without its ending. */
  readonly name: string;
  /** What `physicalName` must be for the refresh to find it; null where the server says it all. */
  readonly physicalName: string | null;
  readonly description: string | null;
  /** Null: not counted. */
  readonly rows: number | null;
  /** What counts were taken of: `12,003 rows`, `the first 200,000 rows`, `the catalog`. */
  readonly basis: string;
  /** True where the counts are of every row. */
  readonly whole: boolean;
  readonly columns: readonly DescribedColumn[];
  /** What tells rows apart, as the source declares it, or as was seen where no column does it alone; null: nothing does. */
  readonly key: DescribedKey | null;
  readonly foreignKeys: readonly DescribedForeignKey[];
}

export interface DescribedKey {
  readonly columns: readonly string[];
  /** What was seen; null where the source declares it. */
  readonly evidence: string | null;
}

export interface DescribedForeignKey {
  readonly columns: readonly string[];
  readonly object: string;
  readonly targets: readonly string[];
}

export interface DescribedColumn {
  readonly name: string;
  readonly type: DescribedType;
  /** Why that type, where the source does not declare it: `200 of 200 values are integers`. */
  readonly typeEvidence: string | null;
  readonly description: string | null;
  /** What the source declares; null where it says nothing. */
  readonly declared: { readonly required?: boolean; readonly unique?: boolean; readonly values?: readonly string[] };
  /** Null where nobody counted. */
  readonly seen: Seen | null;
}

/** As ODCS has them. */
export interface DescribedType {
  readonly logicalType:
    'string' | 'integer' | 'number' | 'boolean' | 'date' | 'timestamp' | 'time' | 'object' | 'array';
  readonly physicalType?: string;
  readonly items?: { readonly logicalType: string; readonly physicalType?: string };
}

/** What was counted of one column. */
export interface Seen {
  readonly rows: number;
  readonly nulls: number;
  /** Of the values that are not null. */
  readonly distinct: number;
  /** All different values, where they are few texts. */
  readonly values: readonly string[] | null;
  readonly examples: readonly (string | number | boolean)[];
}
