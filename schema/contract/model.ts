/**
 * What Weft understands of a product's documents. The documents themselves (ODPS and ODCS) are kept beside, losslessly;
 * this is what tables, SDL, audit and schedules are derived from. Two steps make it: `readProduct` (one folder alone)
 * and `linkMesh` (relationships and inputs between products).
 */
import type { Destination } from './destination.ts';
import type { Finding } from '../findings.ts';
import type { DomainId, ProductId, SqlName } from '../ids.ts';
import type { Engine } from './engines.ts';
import type { OdcsServer } from './odcs-server.ts';
import type { OdcsContract, OdcsObject } from './odcs.ts';
import type { OdpsProduct } from './odps.ts';
import type { Locate } from './place.ts';
import type { PostgresServer } from './postgres-server.ts';

/** A file of a product's folder: path relative to the folder, with `/`. */
export interface ProductFile {
  readonly path: string;
  readonly text: string;
}

export type ProductKind = 'managed' | 'registered' | 'remote';

/** The scalars of the graph; `BigInt` and `Decimal` travel as strings, exact. */
export type Scalar =
  'ID' | 'String' | 'Int' | 'BigInt' | 'Float' | 'Decimal' | 'Boolean' | 'Date' | 'DateTime' | 'Time' | 'JSON';

/** One allowed value: `value` as it stands in the data, `name` as it stands in GraphQL. */
export interface EnumMember {
  readonly value: string;
  readonly name: string;
  readonly description: string | null;
}

/** What a value of the graph is, be it of a column or of an expression. */
export interface Value {
  /** As the contract writes it. */
  readonly name: string;
  /** In the graph: camelCase, or `graphqlName`. */
  readonly field: string;
  readonly scalar: Scalar;
  /** The Postgres type of one value, without `[]`: `text`, `numeric(18,2)`. */
  readonly pgType: string;
  readonly list: boolean;
  /** GraphQL enum type and members; null where any value is allowed. */
  readonly enum: { readonly type: string; readonly members: readonly EnumMember[] } | null;
  readonly required: boolean;
  /** From 1 in a primary key, null outside. */
  readonly keyPosition: number | null;
  readonly description: string | null;
  readonly classification: string | null;
  readonly deprecated: string | null;
  /** Names of `@tag`: of all that is made of the property in the graph. */
  readonly tags: readonly string[];
  /** A column of a table that is not Weft's: what is said of its type and that it has a value is promised, not known. */
  readonly registered?: true;
}

export interface Property extends Value {
  /** In Postgres: `physicalName` (in a registered table letter for letter), else the name in snake case. */
  readonly column: SqlName;
  readonly unique: boolean;
  readonly examples: readonly unknown[];
  /** SQL over the input's columns, or a bare name of one; null where the input's column has the same name. */
  readonly transformLogic: string | null;
}

/** A measure or a dimension of the semantic layer: no column, an expression. It may be missing, and is no list and no structure. */
export interface SemanticProperty extends Value {
  /** As the contract writes it. */
  readonly expression: string;
  /** The same as it was read, cast to `pgType`: what stands in statements. Empty in a remote product. */
  readonly sql: ExpressionSql;
  /** Path in the document, for findings. */
  readonly path: string;
}

/** What each row has a value of: a column's, or a dimension's. */
export type RowValue = Property | SemanticProperty;

/** SQL with the object's own properties in their places; these stand for their columns. */
export type ExpressionSql = readonly (string | Property)[];

/** A fault of the contract by which what has it is left out of the graph, for a check to refuse. */
export type SemanticFault = Pick<Finding, 'code' | 'message'> & { readonly path: string };

/** A relationship as the contract writes it, not yet resolved. */
export interface Relationship {
  /** Properties of this object, in order. */
  readonly from: readonly string[];
  /** As written: `airports.iata`, or the full form. */
  readonly to: readonly string[];
  /** The product that `customProperties` names (`product: network/airports`), if any. */
  readonly product: string | null;
  /** The entity field's name, where `customProperties` gives it (`graphqlName`). */
  readonly field?: string;
  /** Path in the document, for findings. */
  readonly path: string;
}

export interface QualityRule {
  /** Stable within the product: `airports.iata.nullValues`, `airports.rowCount`, or the rule's own id or name. */
  readonly id: string;
  readonly object: string;
  readonly property: string | null;
  readonly type: 'library' | 'sql' | 'text' | 'custom';
  readonly metric: 'nullValues' | 'missingValues' | 'invalidValues' | 'duplicateValues' | 'rowCount' | null;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly query: string | null;
  readonly unit: 'rows' | 'percent';
  /** What a percent is of: all rows, or those that have a value. */
  readonly among: 'rows' | 'values';
  /** Null for `text`, and what else is listed and not executed. */
  readonly expectation: {
    readonly operator: Operator;
    readonly operand: number | string | readonly [number, number];
  } | null;
  readonly severity: 'error' | 'warning';
  readonly dimension: string | null;
  readonly description: string | null;
  /** Why it is not executed though it is of a type that may be; null where it is, and for `text`. */
  readonly unchecked: string | null;
}

export type Operator =
  | 'mustBe'
  | 'mustNotBe'
  | 'mustBeGreaterThan'
  | 'mustBeGreaterOrEqualTo'
  | 'mustBeLessThan'
  | 'mustBeLessOrEqualTo'
  | 'mustBeBetween'
  | 'mustNotBeBetween';

/** A table of the product and a type of the graph. */
export interface SchemaObject {
  /** As the contract writes it: `flights`. */
  readonly name: string;
  readonly contractId: string;
  /** `Flight` */
  readonly type: string;
  /** `flight`: the single lookup. */
  readonly oneField: string;
  /** `flights`: the list field. */
  readonly listField: string;
  /** `flightAggregate` */
  readonly aggregateField: string;
  /** Base name in Postgres, `flights`; a dataset version's own table is `flights__42`. */
  readonly table: SqlName;
  /** The table or view that it is, in a registered product; null where Weft makes its tables. */
  readonly registeredTable: { readonly schema: SqlName; readonly table: SqlName } | null;
  readonly description: string | null;
  /** Names of `@tag`: of the type, and of all types and root fields that come from it. */
  readonly tags: readonly string[];
  readonly properties: readonly Property[];
  /** What rows can be filtered and grouped by beside their properties. */
  readonly dimensions: readonly SemanticProperty[];
  /** What is computed of a group of rows. */
  readonly measures: readonly SemanticProperty[];
  readonly semanticFaults: readonly SemanticFault[];
  /** In order of `keyPosition`; never empty in a managed or registered product. */
  readonly key: readonly Property[];
  readonly relationships: readonly Relationship[];
  readonly quality: readonly QualityRule[];
}

/** An object of a source, as the input port's contract declares it: `column` is the source's own name. */
export interface SourceObject {
  readonly name: string;
  /** Where the file or table lies within the server, if the object says (`physicalName`). */
  readonly physicalName: string | null;
  /** The name that `transform.sql` sees. */
  readonly view: SqlName;
  readonly properties: readonly SourceProperty[];
  /** How its rows are kept from run to run; null where all are read anew each time. */
  readonly load: Load | null;
  /** `validFrom` and `validTo`, which Weft adds where a history is kept; else none. */
  readonly validity: readonly Property[];
  /** How it is asked for, where its server is one that is asked: `query`, `records`, … */
  readonly customProperties?: OdcsObject['customProperties'];
}

/** `cdc`: as merge, of what the source's own log tells (change data capture). */
export type LoadMode = 'merge' | 'append' | 'history' | 'cdc';

/** How rows come in of which not all are read, or not all are written, each time. */
export interface Load {
  readonly mode: LoadMode;
  /** What tells the source's rows apart, in order; never empty. */
  readonly key: readonly SourceProperty[];
  /** Grows with each change of a row: only rows at or after the last one seen are read. Null: all are read. */
  readonly watermark: SourceProperty | null;
  /** How far before that is read again, for rows that came late: seconds, or what a watermark counts that is a number. */
  readonly lookBack: number;
  /** How rows that are gone are known: they are `missing` in what was read, or a property says so; null: none goes. */
  readonly deleted: 'missing' | SourceProperty | null;
}

export interface SourceProperty extends Property {
  /** The source's own column name: `Airport Name`; `file_row_number` is the row's number in the file, from 0. */
  readonly sourceColumn: string;
}

export type InputPort =
  | {
      readonly kind: 'server';
      readonly name: string;
      readonly contractId: string;
      readonly server: OdcsServer;
      readonly objects: readonly SourceObject[];
      /** Share of rows (0 to 1) that may be rejected; 0 by default. */
      readonly rejectedShareAllowed: number;
    }
  | {
      readonly kind: 'product';
      readonly name: string;
      readonly contractId: string;
    };

export interface OutputPort {
  readonly name: string;
  readonly version: string;
  readonly type: string | null;
  readonly contractId: string | null;
  readonly description: string | null;
}

/** When a product's refreshes start, and what becomes of those that cannot start then. */
export type RefreshSchedule = RefreshTimes & {
  /** A random delay of at most so much, so that many that start at one time do not. */
  readonly jitterSeconds: number;
  /** Where a run is under way: none besides it, one after it, or one in its place. */
  readonly overlap: 'skip' | 'follow' | 'replace';
  /** How late a start may still be made up for that an outage prevented. */
  readonly catchUpSeconds: number;
};

type RefreshTimes =
  | { readonly kind: 'every'; readonly seconds: number }
  /** `timezone`: an IANA name; null is UTC. */
  | { readonly kind: 'cron'; readonly expression: string; readonly timezone: string | null }
  /** Data shall be there each day at the minute of that zone's day: the start is ahead of it by the length of a run. */
  | { readonly kind: 'daily'; readonly availableAtMinute: number; readonly timezone: string | null };

/** A promise that is measured on real runs and reads. */
export type Objective = {
  readonly property: ObjectiveProperty;
  /** As the contract has it: `2 d`. */
  readonly promised: string;
  /** The share of time, reads or checks that shall be as promised, up to 1; what is left of it is the error budget. */
  readonly target: number;
} & ObjectiveMeasure;

/** Properties of ODCS by their long names; `quality` besides, and `freshness`, which ODCS has no word for. */
export type ObjectiveProperty =
  'freshness' | 'frequency' | 'timeOfAvailability' | 'availability' | 'latency' | 'quality' | 'retention';

type ObjectiveMeasure =
  /** Time: the data is no older than so many seconds. */
  | { readonly measure: 'age'; readonly seconds: number }
  /** Time: each day's data is there at the minute of that zone's day. */
  | { readonly measure: 'daily'; readonly atMinute: number; readonly timezone: string | null }
  /** Reads: they are answered. */
  | { readonly measure: 'answers' }
  /** Reads: they are answered within so many milliseconds. */
  | { readonly measure: 'latency'; readonly withinMs: number }
  /** Checks: rules pass when a run's data is audited. */
  | { readonly measure: 'checks' }
  /** Time: what must be kept is there, and what must be gone is gone, rows of these ages among it. */
  | { readonly measure: 'kept'; readonly rows: readonly RowAge[] }
  /** Time: of the version that is live, the newest row had come about no longer before it was published. */
  | { readonly measure: 'lag'; readonly rows: readonly RowAge[] };

/** So many seconds since the time or date that a column says. */
export interface RowAge {
  readonly object: string;
  readonly column: SqlName;
  readonly seconds: number;
}

/** Promises that Weft acts on; everything else stays in the documents. */
export interface Sla {
  /** When a refresh comes by itself; null where the contract names no time (then only by hand, or by upstream). */
  readonly refresh: RefreshSchedule | null;
  /** Oldest age of the data that is within the SLO, seconds. */
  readonly freshnessSeconds: number | null;
  /** How long data is kept once the product is retired, seconds; null where nothing is promised: for good. */
  readonly retentionSeconds: number | null;
  /** Within which reads are to be answered, milliseconds. */
  readonly latencyMs: number | null;
  /** What is measured, one of each property. */
  readonly objectives: readonly Objective[];
  /** Every property as promised, for the catalog. */
  readonly promises: readonly {
    readonly property: string;
    readonly value: string;
    readonly unit: string | null;
    readonly element: string | null;
    readonly description: string | null;
  }[];
}

export interface Team {
  readonly name: string | null;
  readonly members: readonly {
    readonly username: string;
    readonly name: string | null;
    readonly role: string | null;
  }[];
}

export interface Support {
  readonly channel: string;
  readonly url: string | null;
  readonly tool: string | null;
  /** `issues` and `notifications` are told when something is wrong. */
  readonly scope: string | null;
  /** A reference to what its webhook is signed with: `${secret:NAME}`. */
  readonly secret: string | null;
}

export interface Product {
  readonly id: ProductId;
  /** Ids that it had before it was renamed; what names one of them means it. */
  readonly formerIds?: readonly ProductId[];
  readonly domain: DomainId;
  /** Title for people. */
  readonly name: string;
  readonly version: string;
  readonly status: string;
  readonly kind: ProductKind;
  readonly description: {
    readonly purpose: string | null;
    readonly limitations: string | null;
    readonly usage: string | null;
  };
  readonly tags: readonly string[];
  readonly team: Team;
  readonly support: readonly Support[];
  readonly inputs: readonly InputPort[];
  readonly outputs: readonly OutputPort[];
  readonly objects: readonly SchemaObject[];
  /** Per object name: the text of its `transform.sql`; an object without one is a renaming of its only input. */
  readonly transforms: Readonly<Record<string, string>>;
  /** Where they run. */
  readonly engine: Engine;
  readonly sla: Sla;
  /** Remote products only: where the service answers, and the SDL it published. */
  readonly remote: { readonly url: string; readonly sdl: string } | null;
  /** Registered products only: where their tables are. */
  readonly server: PostgresServer | null;
  /** Where its published versions go out to, besides its tables. */
  readonly destinations: readonly Destination[];
  /** The documents as parsed, losslessly. */
  readonly documents: { readonly product: OdpsProduct; readonly contracts: readonly OdcsContract[] };
  /** The file of the product document: `product.odps.yaml`. */
  readonly file: string;
  /** Where each contract stands, for findings: contract id -> file. */
  readonly files: Readonly<Record<string, string>>;
  /** Where a place of the documents stands, for what is found after reading. */
  readonly locate: Locate;
  /** SHA-256 over what shapes the tables: columns, types, keys, transforms and inputs. A new one needs a new dataset version. */
  readonly dataDigest: string;
}

/** A resolved relationship: the entity field on the one side and the connection on the other. */
export interface Reference {
  readonly fromProduct: ProductId;
  readonly from: SchemaObject;
  readonly toProduct: ProductId;
  readonly to: SchemaObject;
  /** Pairs of columns: `from` holds what `to`'s key holds, in key order. */
  readonly columns: readonly { readonly from: Property; readonly to: Property }[];
  /** On the from type: `origin`. */
  readonly field: string;
  /** On the to type: `flightsByOrigin`, `birdStrikes`. */
  readonly reverseField: string;
  /** Beside it: `flightAggregateByOrigin`, `birdStrikeAggregate`. */
  readonly reverseAggregateField: string;
  /** Both sides are of one subgraph: each can be filtered by the other. */
  readonly within: boolean;
}

/** What a product reads: another product's objects, under the names of their schema objects. */
export interface ProductInput {
  readonly port: string;
  readonly product: ProductId;
  readonly objects: readonly SchemaObject[];
}

/** Managed products, or registered ones of one server, linked: what a subgraph over SQL is made of. */
export interface ManagedProducts {
  readonly products: readonly Product[];
  /** References whose `from` is one of theirs (their reverse connections are fields of the same subgraph). */
  readonly references: readonly Reference[];
}

/** Those of a domain. */
export interface DomainModel extends ManagedProducts {
  readonly domain: DomainId;
}

/** A domain's registered products of one connection. */
export interface RegisteredModel extends DomainModel {
  /** The subgraph's. */
  readonly name: string;
  readonly server: PostgresServer;
}

/** All live products, linked. Remote types are found by parsing their SDL. */
export interface Mesh {
  readonly products: ReadonlyMap<ProductId, Product>;
  readonly domains: ReadonlyMap<DomainId, DomainModel>;
  /** By the names of their subgraphs. */
  readonly registered: ReadonlyMap<string, RegisteredModel>;
  readonly inputs: ReadonlyMap<ProductId, readonly ProductInput[]>;
}
