import type { Finding } from './findings.ts';

interface RefusalKind {
  readonly http: number;
  readonly retry: boolean;
  readonly says: string;
}

/** Every refusal of the platform; `docs/errors.md` is printed from it. */
export const REFUSALS = {
  UNAUTHENTICATED: { http: 401, retry: false, says: 'A valid key is needed: send `Authorization: Bearer <key>`.' },
  FORBIDDEN: { http: 403, retry: false, says: 'This key may not do that.' },
  BAD_INPUT: { http: 400, retry: false, says: 'An argument is not of the form that it must have.' },
  NOT_FOUND: { http: 404, retry: false, says: 'There is nothing of that id.' },
  CONTRACT_INVALID: { http: 422, retry: false, says: 'The product does not pass its check; nothing was changed.' },
  CONTRACT_BREAKING: {
    http: 409,
    retry: false,
    says: 'A breaking change is in use; nothing was changed. Deprecate first, and tell those who use it.',
  },
  CONSUMER_BROKEN: {
    http: 409,
    retry: false,
    says: 'An operation that a consumer registered would no longer be valid, or answered as expected; nothing was changed.',
  },
  OPERATION_INVALID: { http: 422, retry: false, says: 'An operation to be registered cannot be asked of the product.' },
  PUBLISH_CONFLICT: { http: 409, retry: true, says: 'Another publish came first; check again and publish anew.' },
  PRODUCT_IN_USE: { http: 409, retry: false, says: 'Other products extend or read this one.' },
  PRODUCT_ID_TAKEN: { http: 409, retry: false, says: 'Another product has that id, or had it before it was renamed.' },
  PRODUCT_BUSY: {
    http: 409,
    retry: true,
    says: 'A run of the product is under way, or a revision waits for its data.',
  },
  PRODUCT_RETIRED: { http: 410, retry: false, says: 'This product is retired.' },
  NOT_REFRESHABLE: { http: 409, retry: false, says: 'Only a managed product that is live is refreshed.' },
  NOT_RETRYABLE: {
    http: 409,
    retry: false,
    says: 'Only the newest run of a product is taken up again, where it failed and its revision is the newest.',
  },
  NOT_BACKFILLABLE: {
    http: 409,
    retry: false,
    says: 'Only sources that are merged or appended by a watermark are read in slices.',
  },
  NOT_RESTORABLE: { http: 409, retry: false, says: 'That version of the data cannot be shown again.' },
  SOURCE_MISSING: { http: 422, retry: false, says: 'The source cannot be found or may not be read.' },
  SOURCE_INCOMPLETE: { http: 422, retry: false, says: 'The source is empty, cut off, or changed while it was read.' },
  SOURCE_DRIFTED: { http: 422, retry: false, says: 'The source no longer has the shape that its contract declares.' },
  SOURCE_FAILED: {
    http: 502,
    retry: true,
    says: 'The server of a source or of a registered product failed at what it was asked.',
  },
  DELIVERY_REFUSED: { http: 422, retry: false, says: 'A destination cannot take what is to be delivered there.' },
  ROWS_REJECTED: { http: 422, retry: false, says: 'More rows break the contract than it tolerates.' },
  ENGINE_MISSING: {
    http: 422,
    retry: false,
    says: 'The engine that the product names is not set up where its runs are made.',
  },
  TRANSFORM_REFUSED: { http: 422, retry: false, says: 'The transformation is not one SELECT over declared inputs.' },
  TRANSFORM_MISMATCH: {
    http: 422,
    retry: false,
    says: 'The transformation does not yield the columns of the contract.',
  },
  TRANSFORM_FAILED: { http: 422, retry: false, says: 'The transformation failed in its engine.' },
  QUALITY_FAILED: {
    http: 422,
    retry: false,
    says: 'A quality rule of severity error failed; the last good version stays live.',
  },
  INPUT_NOT_READY: { http: 409, retry: true, says: 'An input product has no data yet.' },
  DOES_NOT_COMPOSE: { http: 409, retry: false, says: 'The graph would no longer compose.' },
  RUN_SUPERSEDED: { http: 409, retry: false, says: 'The run is over or was taken over by another attempt.' },
  STAGE_GIVEN_UP: {
    http: 500,
    retry: true,
    says: 'A stage of the run ended its worker, or was lost with it, too often; refresh again once the cause is found.',
  },
  GRAPH_BUSY: { http: 503, retry: true, says: 'Another change of the graph takes its time; try again in a moment.' },
  ORCHESTRATOR_UNREACHABLE: { http: 503, retry: true, says: 'Temporal cannot be reached; what was asked is queued.' },
  QUERY_TIMEOUT: { http: 504, retry: true, says: 'The query took too long, or was cancelled.' },
  COST_EXCEEDED: { http: 400, retry: false, says: 'The operation may bring more than one operation is allowed to.' },
  EXPRESSION_FAILED: {
    http: 422,
    retry: false,
    says: 'A measure or dimension of a contract cannot be computed of the data.',
  },
  OVERLOADED: { http: 503, retry: true, says: 'Too many queries are under way that take long.' },
  SUBSCRIPTION_NEEDS_STREAM: {
    http: 406,
    retry: false,
    says: 'A subscription is answered event by event: ask with `Accept: text/event-stream`, or over a WebSocket.',
  },
  TOO_MANY_SUBSCRIPTIONS: { http: 503, retry: true, says: 'As many subscriptions are under way as are allowed.' },
  SUBSCRIBER_TOO_SLOW: {
    http: 503,
    retry: true,
    says: 'Events came faster than the subscriber took them; those that waited are lost. Subscribe anew.',
  },
  GRAPH_CHANGED: {
    http: 409,
    retry: true,
    says: 'The graph has changed, and the subscription would not mean the same in it; subscribe anew.',
  },
  GATEWAY_DRAINING: { http: 503, retry: true, says: 'This gateway is going down; subscribe again, and reach another.' },
  DISK_FULL: {
    http: 507,
    retry: true,
    says: 'The disk of the database, or of a worker, is full: free space, and take the run up again (weft retry).',
  },
  DATABASE_UNREACHABLE: { http: 503, retry: true, says: 'The database cannot be reached.' },
} as const satisfies Record<string, RefusalKind>;

export type RefusalCode = keyof typeof REFUSALS;

/**
 * An expected no, safe to show: thrown with a code of the catalogue, and translated at each border
 * (GraphQL, Temporal, exit code). `message` names the thing, the found, the expected and the next move.
 */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly findings: readonly Finding[];

  constructor(code: RefusalCode, message: string, options: { findings?: readonly Finding[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Refusal';
    this.code = code;
    this.findings = options.findings ?? [];
  }
}
