import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { keptSecret } from '../../../gateway/up/home.ts';
import { productFolders } from '../../../gateway/up/product-folders.ts';
import { join } from 'node:path';
import { openPool } from '../../../schema/ledger/connect.ts';
import type { Place, Started } from './place.ts';
import { seed } from './seed.ts';

const MESH = fileURLToPath(new URL('./mesh', import.meta.url));

/** A real gateway process over the seeded mesh. */
export interface Weft extends Started {
  readonly key: string;
}

/** Starts the gateway, publishes the mesh through its graph, seeds what has no data, and waits until that is served. */
export async function startWeft(
  place: Place,
  options: {
    adviceUrl: string;
    scale: number;
    answerCache: boolean;
    say: (line: string) => void;
    nodeOptions?: readonly string[];
  },
): Promise<Weft> {
  const key = keptSecret(join(place.home.folder, 'admin.key'), 'weft_admin_');
  const env = { WEFT_ADMIN_KEY: key, ...(!options.answerCache && { WEFT_ANSWER_CACHE_MB: '0' }) };
  const gateway = await place.program('weft', 'gateway/main.ts', env, options.nodeOptions);
  await publish({ ...gateway, key }, options.adviceUrl);
  const pool = openPool(place.postgres.url, { name: 'bench', max: 2 });
  try {
    await seed(pool, options.scale, options.say);
  } finally {
    await pool.end();
  }
  await served(gateway.url);
  return { ...gateway, key };
}

const PUBLISH = `mutation ($products: [ProductFolder!]!) {
  publish(products: $products, refresh: false) {
    __typename
    ... on Published { products { id state } }
    ... on Rejected { findings { message file } }
  }
}`;

async function publish({ url, key }: { url: string; key: string }, adviceUrl: string): Promise<void> {
  const folders = (await productFolders(MESH)) ?? [];
  const products = folders.map(({ name, files }) => ({
    name,
    files: files.map(({ path, text }) => ({ path, text: text.replace('http://127.0.0.1:4109/graphql', adviceUrl) })),
  }));
  const { publish: outcome } = (await ask(url, PUBLISH, { products }, { authorization: `Bearer ${key}` })) as {
    publish: { __typename: string; products?: { id: string; state: string }[]; findings?: { message: string }[] };
  };
  if (outcome.findings !== undefined) throw new Error(outcome.findings.map(({ message }) => message).join('\n'));
  const pending = outcome.products?.filter(({ state }) => state === 'pending').map(({ id }) => id) ?? [];
  if (pending.length > 0)
    throw new Error(`The kept database has other tables of ${pending.join(', ')}: remove its folder, and seed anew.`);
}

async function served(url: string): Promise<void> {
  for (const untilMs = Date.now() + 20_000; ;) {
    const data = await ask(
      url,
      '{ customer(id: "1") { id } orders(first: 1) { nodes { id } } parts(first: 1) { nodes { id } } }',
    )
      .then((answer) => JSON.stringify(answer))
      .catch(String);
    if (data === '{"customer":{"id":"1"},"orders":{"nodes":[{"id":"1"}]},"parts":{"nodes":[{"id":"1"}]}}') return;
    if (Date.now() > untilMs) throw new Error(`Weft does not serve what was seeded: ${data}`);
    await sleep(100);
  }
}

/** The data; throws on errors. */
export async function ask(
  url: string,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: { message: string }[] };
  if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
  return data;
}
