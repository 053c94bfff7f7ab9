import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compose } from '../../../schema/composition/compose.ts';
import type { Place, Started } from './place.ts';
import { QUERY_NAMES } from './queries.ts';
import type { Server } from './server.ts';

const FOLDER = 'tests/bench/query/apollo';

/** The remote service that everybody asks in Q5. */
export function startAdvice(place: Place): Promise<Started> {
  return place.program('advice', `${FOLDER}/advice.ts`, { PARTS: String(place.rows.parts) });
}

/** Three ordinary subgraphs over the same tables, with the remote service as the fourth, and their supergraph as a file. */
export interface OrdinarySubgraphs {
  readonly supergraph: string;
  readonly processes: readonly (() => number)[];
}

/** Starts and composes them. */
export async function startSubgraphs(place: Place, advice: Started): Promise<OrdinarySubgraphs> {
  const names = ['crm', 'sales', 'supply'];
  const started = await Promise.all(names.map((name) => place.program(name, `${FOLDER}/${name}.ts`)));
  const all = [
    ...started.map((one, index) => ({ name: names[index]!, url: one.url })),
    { name: 'advice', url: advice.url },
  ];
  const composition = compose(
    await Promise.all(all.map(async ({ name, url }) => ({ name, url, sdl: await sdlOf(url) }))),
  );
  if (!composition.composes) throw new Error(composition.errors.map(({ message }) => message).join('\n'));
  const supergraph = join(place.home.folder, 'supergraph.graphql');
  writeFileSync(supergraph, composition.sdl);
  return { supergraph, processes: [...started, advice].map(({ pid }) => pid) };
}

/** Stock Apollo Gateway in front of them. */
export async function startApollo(place: Place, { supergraph, processes }: OrdinarySubgraphs): Promise<Server> {
  const gateway = await place.program('apollo', `${FOLDER}/gateway.ts`, { SUPERGRAPH: supergraph });
  return {
    name: 'apollo',
    title: 'Apollo Gateway + 3 Apollo subgraphs',
    url: `${gateway.url}/`,
    headers: {},
    dialect: 'ordinary',
    queries: QUERY_NAMES,
    processes: { gateway: [gateway.pid], subgraphs: processes },
  };
}

async function sdlOf(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ _service { sdl } }' }),
  });
  const { data } = (await response.json()) as { data: { _service: { sdl: string } } };
  return data._service.sdl;
}
