/**
 * What a difference between two revisions means to those who use the product. `safe`: nobody notices. `risky`: what worked goes on
 * working, and may answer otherwise (an enum value more, a quality rule loosened, a promise worse). `breaking`: an operation that was
 * valid no longer is, or may fail.
 */
export type ChangeWeight = 'safe' | 'risky' | 'breaking';

/** The semantic version that a change asks for, at least. */
export type Bump = 'none' | 'patch' | 'minor' | 'major';

/** One difference between two revisions of a product, weighed by the semantics of ODCS and GraphQL. */
export interface Change {
  /** Stable, UPPER_SNAKE, of the table of all codes: `FIELD_REMOVED`, `ENUM_VALUE_ADDED`, `SLA_WORSE`. */
  readonly code: string;
  readonly weight: ChangeWeight;
  readonly bump: Bump;
  /** One sentence: what was, what is. */
  readonly message: string;
  /** Where in the product: `flights.delay`, `slaProperties.frequency`; in a remote service a schema coordinate, `Flight.delay`. */
  readonly subject: string;
  /**
   * Schema coordinates (GraphQL spec, appendix: `Flight.delay`, `Query.flights(where:)`, `FlightStatus.LATE`, `FlightWhere.delay`) that an
   * operation uses if the change meets it: used by none, it breaks nobody. A bare type (`Flight`) is used by what names it: a fragment's
   * condition, a variable. Empty where no operation can tell: all who subscribe are met.
   */
  readonly coordinates: readonly string[];
  /** The file and path in the new revision's documents, where there is one. */
  readonly file: string | null;
  readonly path: string | null;
}
