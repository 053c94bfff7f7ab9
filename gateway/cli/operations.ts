import { z } from 'zod';

import {
  BACKFILL,
  backfillShape,
  ALERT,
  alertShape,
  CHANGE,
  changeShape,
  DATA,
  dataShape,
  DECISION,
  decisionShape,
  KEY,
  keyShape,
  exportedShape,
  FINDING,
  findingShape,
  heldShape,
  HOLD,
  INTERVENTION,
  interventionShape,
  listedRunShape,
  lower,
  OUTCOME,
  outcomeShape,
  PAGE,
  PAUSE,
  pausedShape,
  stopShape,
  pageShape,
  REVISION,
  revisionShape,
  retirementShape,
  RUN,
  SLO,
  sloShape,
  runShape,
  USE,
  useShape,
} from './answer-shapes.ts';
import type { Operation } from './ask.ts';
import { POLICY_OPERATIONS } from './policy-operations.ts';

const operation = <Data>(text: string, answer: z.ZodType<Data>): Operation<Data> => ({ text, answer });

/** Every document that the command line sends of its own; held against the catalog's SDL by a test. */
export const OPERATIONS = {
  ...POLICY_OPERATIONS,
  publish: operation(
    `mutation Publish($products: [ProductFolder!]!, $refresh: Boolean!) {
  publish(products: $products, refresh: $refresh) { ...Outcome }
}
${OUTCOME}`,
    z.object({ publish: outcomeShape }),
  ),
  check: operation(
    `mutation Check($products: [ProductFolder!]!) {
  check(products: $products) { ...Outcome }
}
${OUTCOME}`,
    z.object({ check: outcomeShape }),
  ),
  rollback: operation(
    `mutation Rollback($id: ID!, $to: Int, $refresh: Boolean!) {
  rollback(product: $id, toRevision: $to, refresh: $refresh) { ...Outcome }
}
${OUTCOME}`,
    z.object({ rollback: outcomeShape }),
  ),
  diff: operation(
    `query Diff($id: ID!, $from: Int, $to: Int) {
  diff(product: $id, from: $from, to: $to) { from { ...Past } to { ...Past } bump changes { ...Changed } }
}
${REVISION}
${CHANGE}`,
    z.object({
      diff: z.object({ from: revisionShape, to: revisionShape, bump: lower, changes: z.array(changeShape) }),
    }),
  ),
  history: operation(
    `query History($id: ID!, $first: Int!) {
  history(product: $id, first: $first) {
    product revisions { ...Past } decisions { ${DECISION} } interventions { ${INTERVENTION} }
  }
}
${REVISION}`,
    z.object({
      history: z
        .object({
          product: z.string(),
          revisions: z.array(revisionShape),
          decisions: z.array(decisionShape),
          interventions: z.array(interventionShape),
        })
        .nullable(),
    }),
  ),
  retire: operation(
    `mutation Retire($id: ID!, $at: DateTime) {
  retire(product: $id, at: $at) {
    id version status retirement { at dataUntil consumers { name lastUsedAt subscribes } heldBy }
  }
}`,
    z.object({
      retire: z.object({ id: z.string(), version: z.string(), status: z.string(), retirement: retirementShape }),
    }),
  ),
  cancelRetirement: operation(
    'mutation CancelRetirement($id: ID!) { cancelRetirement(product: $id) { id } }',
    z.object({ cancelRetirement: z.object({ id: z.string() }) }),
  ),
  rename: operation(
    'mutation Rename($id: ID!, $to: ID!) { renameProduct(product: $id, to: $to) { id renamedFrom } }',
    z.object({ renameProduct: z.object({ id: z.string(), renamedFrom: z.array(z.string()) }) }),
  ),
  export: operation(
    `query Export($id: ID!, $format: ExportFormat!, $revision: Int) {
  dataProduct(id: $id) { id export(format: $format, revision: $revision) { path text } }
}`,
    z.object({ dataProduct: exportedShape.nullable() }),
  ),
  exportAll: operation(
    `query ExportAll($format: ExportFormat!, $first: Int!, $after: String) {
  dataProducts(first: $first, after: $after) {
    nodes { id export(format: $format) { path text } }
    ${PAGE}
  }
}`,
    z.object({ dataProducts: z.object({ nodes: z.array(exportedShape), pageInfo: pageShape }) }),
  ),
  refresh: operation(
    `mutation Refresh($id: ID!, $priority: Int, $full: Boolean) {
  refresh(product: $id, priority: $priority, full: $full) { joined run { ...OneRun } }
}
${RUN}`,
    z.object({ refresh: z.object({ joined: z.boolean(), run: runShape }) }),
  ),
  retry: operation(
    `mutation Retry($id: ID!) { retry(run: $id) { ...OneRun } }
${RUN}`,
    z.object({ retry: runShape }),
  ),
  cancel: operation(
    `mutation Cancel($id: ID!) { cancelRun(id: $id) { ...OneRun } }
${RUN}`,
    z.object({ cancelRun: runShape }),
  ),
  backfill: operation(
    `mutation Backfill($id: ID!, $from: String!, $to: String, $by: String, $atOnce: Int = 2, $reason: String) {
  backfill(product: $id, from: $from, to: $to, by: $by, atOnce: $atOnce, reason: $reason) { ${BACKFILL} }
}`,
    z.object({ backfill: backfillShape }),
  ),
  cancelBackfill: operation(
    `mutation CancelBackfill($id: ID!) { backfill: cancelBackfill(id: $id) { ${BACKFILL} } }`,
    z.object({ backfill: backfillShape }),
  ),
  retryBackfill: operation(
    `mutation RetryBackfill($id: ID!) { backfill: retryBackfill(id: $id) { ${BACKFILL} } }`,
    z.object({ backfill: backfillShape }),
  ),
  backfills: operation(
    `query Backfills($id: ID!) { dataProduct(id: $id) { backfills { ${BACKFILL} } } }`,
    z.object({ dataProduct: z.object({ backfills: z.array(backfillShape) }).nullable() }),
  ),
  pause: operation(
    `mutation Pause($id: ID!, $reason: String) { pause(product: $id, reason: $reason) { id ${PAUSE} } }`,
    z.object({ pause: pausedShape }),
  ),
  resume: operation(
    `mutation Resume($id: ID!) { resume(product: $id) { id ${PAUSE} } }`,
    z.object({ resume: pausedShape }),
  ),
  hold: operation(
    `mutation Hold($id: ID!, $reason: String) { hold(domain: $id, reason: $reason) { id ${HOLD} } }`,
    z.object({ hold: heldShape }),
  ),
  release: operation(
    `mutation Release($id: ID!) { release(domain: $id) { id ${HOLD} } }`,
    z.object({ release: heldShape }),
  ),
  rollbackData: operation(
    `mutation RollbackData($id: ID!, $to: Int) {
  rollbackData(product: $id, toVersion: $to) { id ${PAUSE} ${DATA} }
}`,
    z.object({ rollbackData: pausedShape.extend({ datasetVersion: dataShape }) }),
  ),
  run: operation(
    `query Run($id: ID!) { run(id: $id) { ...OneRun } }
${RUN}`,
    z.object({ run: runShape.nullable() }),
  ),
  runs: operation(
    `query Runs($product: ID, $phase: RunPhase, $first: Int!, $after: String) {
  runs(product: $product, phase: $phase, first: $first, after: $after) {
    nodes {
      id
      product { id }
      trigger phase requestedBy requestedAt startedAt endedAt outcome datasetVersion
      error { code message }
    }
    ${PAGE}
  }
}`,
    z.object({ runs: z.object({ nodes: z.array(listedRunShape), pageInfo: pageShape }) }),
  ),
  products: operation(
    `query Products($search: String, $filter: DataProductFilter, $first: Int!, $after: String) {
  dataProducts(search: $search, filter: $filter, first: $first, after: $after) {
    totalCount
    nodes { id name version status kind tags ${DATA} }
    ${PAGE}
  }
}`,
    z.object({
      dataProducts: z.object({
        totalCount: z.number(),
        nodes: z.array(
          z.object({
            id: z.string(),
            name: z.string(),
            version: z.string(),
            status: z.string(),
            kind: lower,
            tags: z.array(z.string()),
            datasetVersion: dataShape,
          }),
        ),
        pageInfo: pageShape,
      }),
    }),
  ),
  types: operation(
    `query Types($after: String) {
  dataProducts(first: 100, after: $after) {
    nodes { id kind schemaObjects { name type properties { name field type primaryKey } } }
    ${PAGE}
  }
}`,
    z.object({
      dataProducts: z.object({
        nodes: z.array(
          z.object({
            id: z.string(),
            kind: lower,
            schemaObjects: z.array(
              z.object({
                name: z.string(),
                type: z.string(),
                properties: z.array(
                  z.object({
                    name: z.string(),
                    field: z.string().nullable(),
                    type: z.string(),
                    primaryKey: z.boolean(),
                  }),
                ),
              }),
            ),
          }),
        ),
        pageInfo: pageShape,
      }),
    }),
  ),
  product: operation(
    `query Product($id: ID!) {
  dataProduct(id: $id) {
    id name version status kind retiresAt purpose limitations usage tags
    team { name members { username name role } }
    support { channel url }
    inputPorts { name contractId serverType product { id } }
    outputPorts { name version type }
    schemaObjects {
      name type description
      properties { name field type description primaryKey deprecated }
    }
    server { name database tables }
    sla { property value unit element }
    revision { revision state publishedBy publishedAt }
    domain { ${HOLD} }
    ${PAUSE}
    ${DATA}
    runs(first: 1) { id phase requestedAt error { message } }
    upstream { id }
    downstream { id }
    referencedBy { id }
  }
}`,
    z.object({
      dataProduct: z
        .object({
          id: z.string(),
          name: z.string(),
          version: z.string(),
          status: z.string(),
          kind: lower,
          retiresAt: z.string().nullable(),
          purpose: z.string().nullable(),
          limitations: z.string().nullable(),
          usage: z.string().nullable(),
          tags: z.array(z.string()),
          team: z.object({
            name: z.string().nullable(),
            members: z.array(
              z.object({ username: z.string(), name: z.string().nullable(), role: z.string().nullable() }),
            ),
          }),
          support: z.array(z.object({ channel: z.string(), url: z.string().nullable() })),
          inputPorts: z.array(
            z.object({
              name: z.string(),
              contractId: z.string(),
              serverType: z.string().nullable(),
              product: z.object({ id: z.string() }).nullable(),
            }),
          ),
          server: z.object({ name: z.string(), database: z.string(), tables: z.array(z.string()) }).nullable(),
          outputPorts: z.array(z.object({ name: z.string(), version: z.string(), type: z.string().nullable() })),
          schemaObjects: z.array(
            z.object({
              name: z.string(),
              type: z.string(),
              description: z.string().nullable(),
              properties: z.array(
                z.object({
                  name: z.string(),
                  field: z.string().nullable(),
                  type: z.string(),
                  description: z.string().nullable(),
                  primaryKey: z.boolean(),
                  deprecated: z.string().nullable(),
                }),
              ),
            }),
          ),
          sla: z.array(
            z.object({
              property: z.string(),
              value: z.string(),
              unit: z.string().nullable(),
              element: z.string().nullable(),
            }),
          ),
          revision: z.object({
            revision: z.number(),
            state: lower,
            publishedBy: z.string(),
            publishedAt: z.string(),
          }),
          domain: z.object({ hold: stopShape }),
          pause: stopShape,
          datasetVersion: dataShape,
          runs: z.array(
            z.object({
              id: z.string(),
              phase: lower,
              requestedAt: z.string(),
              error: z.object({ message: z.string() }).nullable(),
            }),
          ),
          upstream: z.array(z.object({ id: z.string() })),
          downstream: z.array(z.object({ id: z.string() })),
          referencedBy: z.array(z.object({ id: z.string() })),
        })
        .nullable(),
    }),
  ),
  subscribe: operation(
    `mutation Subscribe($product: ID!, $purpose: String, $operations: [RegisteredOperationInput!]!) {
  subscribe(product: $product, purpose: $purpose, operations: $operations) {
    consumer purpose operations { name } findings { ...Found }
  }
}
${FINDING}`,
    z.object({
      subscribe: z.object({
        consumer: z.string(),
        purpose: z.string().nullable(),
        operations: z.array(z.object({ name: z.string() })),
        findings: z.array(findingShape),
      }),
    }),
  ),
  unsubscribe: operation(
    'mutation Unsubscribe($product: ID!, $consumer: String) { unsubscribe(product: $product, consumer: $consumer) }',
    z.object({ unsubscribe: z.boolean() }),
  ),
  usage: operation(
    `query Usage($id: ID!, $days: Int!, $first: Int!, $deprecated: Boolean!) {
  dataProduct(id: $id) {
    usageReport(days: $days, first: $first) @skip(if: $deprecated) { ...Use }
    deprecatedInUse(days: $days, first: $first) @include(if: $deprecated) { ...Use }
    subscriptions { consumer purpose operations { name } }
  }
}
${USE}`,
    z.object({
      dataProduct: z
        .object({
          usageReport: z.array(useShape).optional(),
          deprecatedInUse: z.array(useShape).optional(),
          subscriptions: z.array(
            z.object({
              consumer: z.string(),
              purpose: z.string().nullable(),
              operations: z.array(z.object({ name: z.string() })),
            }),
          ),
        })
        .nullable(),
    }),
  ),
  slo: operation(
    `query Slo($id: ID!, $days: Int!) {
  dataProduct(id: $id) {
    slos {
      ${SLO}
      history(days: $days) { from compliance }
      breaches(first: 10) { from until }
    }
  }
}`,
    z.object({
      dataProduct: z
        .object({
          slos: z.array(
            sloShape.extend({
              history: z.array(z.object({ from: z.string(), compliance: z.number() })),
              breaches: z.array(z.object({ from: z.string(), until: z.string().nullable() })),
            }),
          ),
        })
        .nullable(),
    }),
  ),
  alerts: operation(
    `query Alerts($product: ID, $ended: Boolean!, $first: Int!) {
  alerts(product: $product, ended: $ended, first: $first) { nodes { ...OneAlert } }
}
${ALERT}`,
    z.object({ alerts: z.object({ nodes: z.array(alertShape) }) }),
  ),
  acknowledge: operation(
    `mutation Acknowledge($id: ID!) { acknowledgeAlert(id: $id) { ...OneAlert } }\n${ALERT}`,
    z.object({ acknowledgeAlert: alertShape }),
  ),
  createKey: operation(
    `mutation CreateKey($consumer: String!, $role: KeyRole!, $domains: [ID!], $expiresAt: DateTime) {
  createApiKey(consumer: $consumer, role: $role, domains: $domains, expiresAt: $expiresAt) { key apiKey { ...Key } }
}
${KEY}`,
    z.object({ createApiKey: z.object({ key: z.string(), apiKey: keyShape }) }),
  ),
  keys: operation(`query Keys { apiKeys { ...Key } }\n${KEY}`, z.object({ apiKeys: z.array(keyShape) })),
  revokeKey: operation(
    `mutation RevokeKey($id: ID!) { revokeApiKey(id: $id) { ...Key } }\n${KEY}`,
    z.object({ revokeApiKey: keyShape }),
  ),
  me: operation(
    `query Me {
  me {
    name role admin domains
    key { id prefix expiresAt }
    subscriptions { product { id } purpose operations { name } }
    retiring { id retiresAt }
    deprecatedInUse { ...Use }
  }
}
${USE}`,
    z.object({
      me: z.object({
        name: z.string(),
        role: lower.nullable(),
        admin: z.boolean(),
        domains: z.array(z.string()),
        key: z.object({ id: z.string(), prefix: z.string(), expiresAt: z.string().nullable() }).nullable(),
        subscriptions: z.array(
          z.object({
            product: z.object({ id: z.string() }),
            purpose: z.string().nullable(),
            operations: z.array(z.object({ name: z.string() })),
          }),
        ),
        retiring: z.array(z.object({ id: z.string(), retiresAt: z.string().nullable() })),
        deprecatedInUse: z.array(useShape),
      }),
    }),
  ),
  health: operation(
    `query Health($after: String) {
  me { name admin }
  dataProducts(first: 100, after: $after) {
    nodes {
      id
      datasetVersion { withinSlo publishedAt }
      runs(first: 1) { id phase error { message } }
    }
    ${PAGE}
  }
}`,
    z.object({
      me: z.object({ name: z.string(), admin: z.boolean() }),
      dataProducts: z.object({
        nodes: z.array(
          z.object({
            id: z.string(),
            datasetVersion: z.object({ withinSlo: z.boolean().nullable(), publishedAt: z.string() }).nullable(),
            runs: z.array(
              z.object({ id: z.string(), phase: lower, error: z.object({ message: z.string() }).nullable() }),
            ),
          }),
        ),
        pageInfo: pageShape,
      }),
    }),
  ),
} as const;
