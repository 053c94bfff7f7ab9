/** What one request may ask of the database. */
export interface Limits {
  /** Page size where `first` is not given. */
  readonly pageDefault: number;
  /** Largest `first`. */
  readonly pageMax: number;
  /** Most rows that one request may ask for, nested pages multiplied. */
  readonly rowsMax: number;
  /** Deepest nesting of references and connections. */
  readonly depthMax: number;
  /** Deepest nesting of related objects in a filter. */
  readonly relatedDepthMax: number;
  /** What takes longer is slow, and goes where it holds nobody up. */
  readonly quickMs: number;
  readonly statementTimeoutMs: number;
}

/** The limits where none are given. */
export const LIMITS: Limits = {
  pageDefault: 50,
  pageMax: 1_000,
  // Three default pages in one another are 127,550 rows; an answer of more takes over 100 MB in this process.
  rowsMax: 250_000,
  // Each level is a subquery: planning time grows with it, and no question of people is as deep.
  depthMax: 16,
  // Each level is a semi-join, and joins of more than eight tables are no longer planned in every order.
  relatedDepthMax: 5,
  // An aggregate over a few million rows takes 1 s; whoever waits longer than 10 s has given up or wrote it by mistake.
  // A hundred times what a page by index takes; so long may a slow statement hold up four others, the first time it is seen.
  quickMs: 250,
  statementTimeoutMs: 10_000,
};
