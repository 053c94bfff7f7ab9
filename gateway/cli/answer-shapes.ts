import { z } from 'zod';

/** An enum of the graph, in lower case. */
export const lower = z.string().transform((text) => text.toLowerCase());
const moment = z.string().nullable();

/** What a check found. */
export const findingShape = z.object({
  code: z.string(),
  severity: z.enum(['ERROR', 'WARNING', 'HINT']).transform((severity) => SEVERITIES[severity]),
  message: z.string(),
  file: z.string().nullable(),
  line: z.number().nullable(),
  column: z.number().nullable(),
  path: z.string().nullable(),
});
const SEVERITIES = { ERROR: 'error', WARNING: 'warning', HINT: 'hint' } as const;
/** The fragment for it. */
export const FINDING = 'fragment Found on Finding { code severity message file line column path }';

/** One difference between two revisions. */
export const changeShape = z.object({
  product: z.string(),
  code: z.string(),
  weight: z.enum(['SAFE', 'RISKY', 'BREAKING']).transform((weight) => WEIGHTS[weight]),
  bump: z.enum(['NONE', 'PATCH', 'MINOR', 'MAJOR']).transform((bump) => BUMPS[bump]),
  message: z.string(),
  subject: z.string(),
  coordinates: z.array(z.string()),
  file: z.string().nullable(),
  path: z.string().nullable(),
});
const BUMPS = { NONE: 'none', PATCH: 'patch', MINOR: 'minor', MAJOR: 'major' } as const;
const WEIGHTS = { SAFE: 'safe', RISKY: 'risky', BREAKING: 'breaking' } as const;
/** The fragment for it. */
export const CHANGE = 'fragment Changed on Change { product code weight bump message subject coordinates file path }';
/** A difference as commands show it. */
export type ShownChange = z.infer<typeof changeShape>;

const summaryShape = z
  .object({
    bump: lower,
    breaking: z.number(),
    risky: z.number(),
    safe: z.number(),
    headlines: z.array(z.string()),
  })
  .nullable();
/** The selection for what changed, short. */
const SUMMARY = 'changes { bump breaking risky safe headlines }';

/** A revision as its history tells it. */
export const revisionShape = z.object({
  revision: z.number(),
  version: z.string(),
  state: lower,
  publishedBy: z.string(),
  publishedAt: z.string(),
  liveAt: moment,
  endedAt: moment,
  supergraphs: z.object({ first: z.number(), last: z.number() }).nullable(),
  rollbackOf: z.number().nullable(),
  changes: summaryShape,
});
/** The fragment for it. */
export const REVISION = `fragment Past on Revision {
  revision version state publishedBy publishedAt liveAt endedAt supergraphs { first last } rollbackOf ${SUMMARY}
}`;

/** What was decided. */
export const decisionShape = z.object({
  id: z.string(),
  action: lower,
  outcome: lower,
  actor: z.string(),
  decidedAt: z.string(),
  version: z.string().nullable(),
  revision: z.number().nullable(),
  supergraph: z.number().nullable(),
  toRevision: z.number().nullable(),
  code: z.string().nullable(),
  findings: z.array(z.string()),
  changes: summaryShape,
  renamedFrom: z.string().nullable(),
  renamedTo: z.string().nullable(),
  retiresAt: moment,
});
/** The selection for it. */
export const DECISION = `id action outcome actor decidedAt version revision supergraph toRevision code findings ${SUMMARY} renamedFrom renamedTo retiresAt`;

/** Why something does not go on by itself; null where it does. */
export const stopShape = z.object({ by: z.string(), at: z.string(), reason: z.string().nullable() }).nullable();
/** A product, and what holds it up. */
export const pausedShape = z.object({ id: z.string(), pause: stopShape });
/** The selection for it. */
export const PAUSE = 'pause { by at reason }';
/** A domain, and what holds it up. */
export const heldShape = z.object({ id: z.string(), hold: stopShape });
/** The selection for it. */
export const HOLD = 'hold { by at reason }';

/** What somebody did to refreshes by hand. */
export const interventionShape = z.object({
  id: z.string(),
  action: lower,
  subject: z.string(),
  run: z.object({ id: z.string() }).nullable(),
  actor: z.string(),
  reason: z.string().nullable(),
  detail: z.unknown(),
  doneAt: z.string(),
});
/** The selection for it. */
export const INTERVENTION = 'id action subject run { id } actor reason detail doneAt';

/** A run in full, with its fragment `OneRun`. */
export const runShape = z.object({
  id: z.string(),
  product: z.object({ id: z.string() }),
  trigger: lower,
  phase: lower,
  requestedBy: z.string(),
  requestedAt: z.string(),
  startedAt: moment,
  endedAt: moment,
  outcome: lower.nullable(),
  datasetVersion: z.number().nullable(),
  priority: z.number(),
  scheduledFor: moment,
  retryOf: z.object({ id: z.string() }).nullable(),
  keptUntil: moment,
  stages: z.array(
    z.object({
      name: lower,
      state: lower,
      attempt: z.number(),
      startedAt: z.string(),
      endedAt: moment,
      detail: z.unknown(),
    }),
  ),
  quality: z.array(
    z.object({
      rule: z.string(),
      object: z.string(),
      property: z.string().nullable(),
      severity: lower,
      outcome: lower,
      measured: z.string().nullable(),
      expected: z.string().nullable(),
      description: z.string().nullable(),
      samples: z.array(z.record(z.string(), z.string().nullable())),
    }),
  ),
  error: z.object({ code: z.string(), message: z.string(), findings: z.array(findingShape) }).nullable(),
  temporalUrl: z.string().nullable(),
});
/** The fragment `OneRun`, and what it needs. */
export const RUN = `fragment OneRun on Run {
  id
  product { id }
  trigger phase requestedBy requestedAt startedAt endedAt outcome datasetVersion
  priority scheduledFor retryOf { id } keptUntil
  stages { name state attempt startedAt endedAt detail }
  quality { rule object property severity outcome measured expected description samples }
  error { code message findings { ...Found } }
  temporalUrl
}
${FINDING}`;

/** A run as commands show it; phases, stages and states in lower case. */
export type ShownRun = z.infer<typeof runShape>;

/** A backfill; its phase in lower case. */
export const backfillShape = z.object({
  id: z.string(),
  phase: lower,
  from: z.string(),
  to: z.string(),
  by: z.string(),
  slices: z.number(),
  slicesRead: z.number(),
  rowsRead: z.string(),
  requestedAt: z.string(),
  run: z.object({ id: z.string() }).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
/** The selection for it. */
export const BACKFILL = 'id phase from to by slices slicesRead rowsRead requestedAt run { id } error { code message }';
export type ShownBackfill = z.infer<typeof backfillShape>;

/** A run in a list. */
export const listedRunShape = runShape
  .omit({
    stages: true,
    quality: true,
    temporalUrl: true,
    priority: true,
    scheduledFor: true,
    retryOf: true,
    keptUntil: true,
  })
  .extend({
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  });

/** What readers see of a product. */
export const dataShape = z
  .object({
    version: z.number(),
    publishedAt: z.string(),
    confirmedAt: moment,
    withinSlo: z.boolean().nullable(),
    objects: z.array(z.object({ name: z.string(), rows: z.string() })),
  })
  .nullable();
/** The selection for it. */
export const DATA = 'datasetVersion { version publishedAt confirmedAt withinSlo objects { name rows } }';

/** What is wrong with a product. */
export const alertShape = z.object({
  id: z.string(),
  product: z.object({ id: z.string() }),
  cause: lower,
  severity: lower,
  state: lower,
  message: z.string(),
  run: z.object({ id: z.string() }).nullable(),
  follows: z.object({ id: z.string(), product: z.object({ id: z.string() }) }).nullable(),
  returned: z.number(),
  level: z.number(),
  escalatesAt: moment,
  openedAt: z.string(),
  acknowledgedBy: z.string().nullable(),
  acknowledgedAt: moment,
  resolvedAt: moment,
});
/** The fragment for it. */
export const ALERT = `fragment OneAlert on Alert {
  id
  product { id }
  cause severity state message
  run { id }
  follows { id product { id } }
  returned level escalatesAt openedAt acknowledgedBy acknowledgedAt resolvedAt
}`;

/** A promise, and how it is kept. */
export const sloShape = z.object({
  property: z.string(),
  promised: z.string(),
  target: z.number(),
  unit: lower,
  measured: z.string().nullable(),
  withinObjective: z.boolean().nullable(),
  since: moment,
  dueAt: moment,
  errorBudget: z.object({
    compliance: z.number().nullable(),
    allowed: z.number(),
    spent: z.number(),
    left: z.number().nullable(),
    burnRate: z.number().nullable(),
  }),
});
/** The selection for it. */
export const SLO = `property promised target unit measured withinObjective since dueAt
      errorBudget(days: $days) { compliance allowed spent left burnRate }`;

/** A product as documents of a standard. */
export const exportedShape = z.object({
  id: z.string(),
  export: z.array(z.object({ path: z.string(), text: z.string() })),
});
/** The same, as commands show it. */
export type ShownExport = z.infer<typeof exportedShape>;

/** What becomes of a product that was retired. */
export const retirementShape = z.object({
  at: z.string(),
  heldBy: z.array(z.string()),
  dataUntil: moment,
  consumers: z.array(z.object({ name: z.string(), lastUsedAt: moment, subscribes: z.boolean() })),
});

/** Where a page ends. */
export const pageShape = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() });
/** The selection for it. */
export const PAGE = 'pageInfo { hasNextPage endCursor }';

/** What became of a publish or a check. */
export const outcomeShape = z.discriminatedUnion('__typename', [
  z.object({
    __typename: z.literal('Published'),
    supergraph: z.number(),
    published: z.array(
      z.object({
        id: z.string(),
        version: z.string(),
        revision: z.number(),
        state: lower,
        run: z.object({ id: z.string(), phase: lower }).nullable(),
      }),
    ),
    findings: z.array(findingShape),
    changes: z.array(changeShape),
  }),
  z.object({
    __typename: z.literal('Unchanged'),
    unchanged: z.array(z.object({ id: z.string() })),
    findings: z.array(findingShape),
  }),
  z.object({
    __typename: z.literal('Rejected'),
    code: z.string(),
    message: z.string(),
    findings: z.array(findingShape),
    changes: z.array(changeShape),
  }),
]);
/** The fragment `Outcome`, and what it needs. */
export const OUTCOME = `fragment Outcome on PublishOutcome {
  __typename
  ... on Published {
    supergraph
    published: products { id version revision state run { id phase } }
    findings { ...Found }
    changes { ...Changed }
  }
  ... on Unchanged {
    unchanged: products { id }
    findings { ...Found }
  }
  ... on Rejected {
    code message
    findings { ...Found }
    changes { ...Changed }
  }
}
${FINDING}
${CHANGE}`;

/** What became of a publish or a check. */
export type Outcome = z.infer<typeof outcomeShape>;

/** A key, with its fragment `Key`. */
export const keyShape = z.object({
  id: z.string(),
  prefix: z.string(),
  consumer: z.string(),
  role: lower,
  domains: z.array(z.string()),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: moment,
  revokedBy: z.string().nullable(),
  revokedAt: moment,
});
export const KEY = `fragment Key on ApiKey {
  id prefix consumer role domains createdBy createdAt expiresAt revokedBy revokedAt
}`;

/** How one operation used a part of the graph, with its fragment `Use`. */
export const useShape = z.object({
  coordinate: z.string(),
  consumer: z.string(),
  operation: z.string(),
  operationName: z.string().nullable(),
  calls: z.number(),
  lastUsed: z.string(),
  deprecated: z.string().nullable(),
});
export const USE =
  'fragment Use on CoordinateUsage { coordinate consumer operation operationName calls lastUsed deprecated }';
