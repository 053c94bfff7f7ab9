import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptSecret } from '../../../gateway/up/home.ts';
import { compose } from '../../../schema/composition/compose.ts';
import { remoteFolder } from '../../gateway/product-text.ts';
import { installPeers } from '../query/peers.ts';
import type { Place, Started } from '../query/place.ts';
import { ask } from '../query/weft.ts';
import { SERVICE_NAMES, SERVICES } from './services.ts';

/** A gateway under load. */
export interface Gateway {
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly pid: () => number;
}

/** Starters of the gateways, all in front of the same four services; a name a gateway. */
export async function gatewaysOf(
  place: Place,
  say: (line: string) => void,
  nodeOptions: readonly string[] = [],
): Promise<Readonly<Record<string, () => Promise<Gateway>>>> {
  const services = await Promise.all(
    SERVICE_NAMES.map(async (name) => {
      const started = await place.program(name, 'tests/bench/remote/serve.ts', { SERVICE: name });
      return { name, url: `${started.url}/graphql`, sdl: SERVICES[name].sdl, pid: started.pid };
    }),
  );
  const composition = compose(services);
  if (!composition.composes) throw new Error(composition.errors.map(({ message }) => message).join('\n'));
  const supergraph = join(place.home.folder, 'festival.graphql');
  writeFileSync(supergraph, composition.sdl);
  const ordinary = { supergraph, processes: services.map(({ pid }) => pid) };

  const weft = async (): Promise<Gateway> => {
    const key = keptSecret(join(place.home.folder, 'admin.key'), 'weft_admin_');
    const started = await place.program('weft', 'gateway/main.ts', { WEFT_ADMIN_KEY: key }, nodeOptions);
    const products = services.map(({ name, url, sdl }) => remoteFolder(name, url, sdl));
    const answer = JSON.stringify(
      await ask(
        started.url,
        `mutation ($products: [ProductFolder!]!) {
          publish(products: $products, refresh: false) { __typename ... on Published { products { state } } ... on Rejected { findings { message } } }
        }`,
        { products },
        { authorization: `Bearer ${key}` },
      ),
    );
    if (/Rejected|PENDING/.test(answer)) throw new Error(answer);
    return gateway('weft', '**Weft**', `${started.url}/graphql`, started);
  };
  const apollo = async (): Promise<Gateway> => {
    const started = await place.program('apollo', 'tests/bench/query/apollo/gateway.ts', { SUPERGRAPH: supergraph });
    return gateway('apollo', 'Apollo Gateway', `${started.url}/`, started);
  };
  const hive = (planner: 'js' | 'rust') => async (): Promise<Gateway> => {
    const { name, url, processes } = await (await installPeers(place, say)).hive(planner, ordinary);
    const title = `Hive Gateway, ${planner === 'js' ? 'JS' : 'Rust'} planner`;
    return { name, title, url, pid: () => processes['gateway']?.[0]?.() ?? 0 };
  };
  return { weft, apollo, 'hive-rust': hive('rust'), 'hive-js': hive('js') };
}

function gateway(name: string, title: string, url: string, { pid }: Started): Gateway {
  return { name, title, url, pid };
}
