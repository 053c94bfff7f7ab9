import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

import type { AskGraph } from './graph-client.ts';
import { ROOT } from './home.ts';
import { productFolders } from './product-folders.ts';
import type { Progress } from './progress.ts';

const EXAMPLES = join(ROOT, 'subgraphs/domains');
/** As the contract of geography/places names its service. */
const PLACES_URL = 'http://127.0.0.1:4101/graphql';
const POLL_MS = 500;

const outcomeSchema = z.object({
  publish: z.object({
    __typename: z.string(),
    message: z.string().optional(),
    findings: z.array(
      z.object({ severity: z.string(), message: z.string(), file: z.string().nullable(), line: z.number().nullable() }),
    ),
  }),
});

const dataSchema = z.object({
  dataProducts: z.object({
    nodes: z.array(
      z.object({
        id: z.string(),
        kind: z.string(),
        datasetVersion: z
          .object({ version: z.number(), objects: z.array(z.object({ name: z.string(), rows: z.string() })) })
          .nullable(),
        runs: z.array(
          z.object({ id: z.string(), phase: z.string(), error: z.object({ message: z.string() }).nullable() }),
        ),
      }),
    ),
  }),
});

type Product = z.infer<typeof dataSchema>['dataProducts']['nodes'][number];

/** What became of the examples: `refused` is a sentence. */
type Outcome = { readonly state: 'published' | 'unchanged' } | { readonly state: 'refused'; readonly why: string };

/**
 * Publishes the example mesh and waits for its first data; null where all is there, else what is missing and why.
 * On a later start nothing has changed and nothing is waited for.
 */
export async function loadExamples(
  ask: AskGraph,
  placesPort: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<string | null> {
  const outcome = await progress.step(
    'Publishing the example mesh',
    () => publishExamples(ask, placesPort),
    ({ state }) => `Example mesh ${state}`,
  );
  if (outcome.state === 'refused') return outcome.why;
  const failed = await progress.step(
    'Loading the example data',
    () => firstData(ask, (line) => progress.note(line), signal),
    () => 'Example data loaded',
  );
  return failed.length === 0 ? null : `no data for ${failed.join(', ')}`;
}

/** Publishes the example mesh through the public graph, as any domain team would. */
async function publishExamples(ask: AskGraph, placesPort: number): Promise<Outcome> {
  const { publish } = await ask(
    outcomeSchema,
    `mutation PublishExamples($products: [ProductFolder!]!) {
      publish(products: $products) {
        __typename
        ... on Published { findings { ...Found } }
        ... on Unchanged { findings { ...Found } }
        ... on Rejected { message findings { ...Found } }
      }
    }
    fragment Found on Finding { severity message file line }`,
    { products: await exampleFolders(placesPort) },
  );
  if (publish.__typename === 'Published') return { state: 'published' };
  if (publish.__typename === 'Unchanged') return { state: 'unchanged' };
  const faults = publish.findings
    .filter(({ severity }) => severity === 'ERROR')
    .map(({ file, line, message }) => `${file ?? ''}${line === null ? '' : `:${line}`} ${message}`.trim());
  return { state: 'refused', why: [publish.message ?? publish.__typename, ...faults].join('\n  ') };
}

/** Resolves when each managed product has data, or its newest run is over without; tells each as it comes. */
async function firstData(ask: AskGraph, tell: (line: string) => void, signal: AbortSignal): Promise<string[]> {
  const told = new Set<string>();
  const failed: string[] = [];
  for (;;) {
    const { dataProducts } = await ask(
      dataSchema,
      `query FirstData {
        dataProducts(first: 1000) {
          nodes {
            id kind
            datasetVersion { version objects { name rows } }
            runs(first: 1) { id phase error { message } }
          }
        }
      }`,
    );
    const managed = dataProducts.nodes.filter(({ kind }) => kind === 'MANAGED');
    for (const product of managed.filter(({ id }) => !told.has(id))) {
      const news = newsOf(product);
      if (news === null) continue;
      told.add(product.id);
      tell(news.line);
      if (!news.isGood) failed.push(product.id);
    }
    if (told.size === managed.length) return failed;
    await sleep(POLL_MS, undefined, { signal });
  }
}

function newsOf({ id, datasetVersion, runs }: Product): { line: string; isGood: boolean } | null {
  if (datasetVersion !== null) {
    const rows = datasetVersion.objects.map((object) => `${Number(object.rows).toLocaleString('en-US')} rows`);
    return { line: `${id}: ${rows.join(', ')}`, isGood: true };
  }
  const newest = runs[0];
  if (newest === undefined || newest.phase === 'QUEUED' || newest.phase === 'RUNNING') return null;
  const why = newest.error === null ? '' : `: ${newest.error.message}`;
  return { line: `${id}: run ${newest.id} ${newest.phase.toLowerCase()}${why}`, isGood: false };
}

async function exampleFolders(placesPort: number) {
  const service = `http://127.0.0.1:${placesPort}/graphql`;
  return ((await productFolders(EXAMPLES)) ?? []).map(({ name, path, files }) => ({
    name,
    path,
    files: files.map((file) => ({ path: file.path, text: file.text.replaceAll(PLACES_URL, service) })),
  }));
}
