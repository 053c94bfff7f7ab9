import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrdinarySubgraphs } from './apollo.ts';
import { supergraphOf } from './peers.ts';
import type { Place, Started } from './place.ts';
import { QUERY_NAMES } from './queries.ts';
import type { Server } from './server.ts';
import type { Weft } from './weft.ts';

/** Hive Router in Rust, where somebody has built it: it is on no registry as a program. */
export interface HiveRouter {
  ordinary(subgraphs: OrdinarySubgraphs): Promise<Server>;
  /** In front of Weft's own managed subgraphs over HTTP. */
  ofWeft(weft: Weft, advice: Started): Promise<Server>;
}

/** Refuses without the program, and says how to come by it. */
export function hiveRouter(place: Place, program: string | null): HiveRouter {
  const start = (name: string, supergraph: string): Promise<Started> => {
    if (program === null)
      throw new Error(
        'Hive Router is a program: `cargo install hive-router --locked`, then --hive-router <path of the program>.',
      );
    const config = join(place.home.folder, `${name}.yaml`);
    writeFileSync(config, CONFIG(supergraph));
    return place.command(name, {
      command: program,
      args: () => [],
      cwd: place.home.folder,
      env: (port) => ({
        HOST: '127.0.0.1',
        PORT: String(port),
        ROUTER_CONFIG_FILE_PATH: config,
        LOG_LEVEL: 'warn',
      }),
    });
  };
  return {
    async ordinary({ supergraph, processes }) {
      const started = await start('hive-router', supergraph);
      return {
        ...{ name: 'hive-router', title: 'Hive Router (Rust), same subgraphs', url: `${started.url}/graphql` },
        ...{ headers: {}, dialect: 'ordinary', queries: QUERY_NAMES },
        processes: { gateway: [started.pid], subgraphs: processes },
      };
    },
    async ofWeft(weft, advice) {
      const started = await start('hive-router-weft', await supergraphOf(place, weft));
      return {
        ...{ name: 'hive-router-weft', title: "Hive Router (Rust), Weft's managed subgraphs" },
        ...{ url: `${started.url}/graphql`, dialect: 'weft', queries: QUERY_NAMES },
        headers: { authorization: `Bearer ${weft.key}` },
        processes: { gateway: [started.pid], subgraphs: [weft.pid, advice.pid] },
      };
    },
  };
}

const CONFIG = (supergraph: string): string => `supergraph:
  source: file
  path: ${JSON.stringify(supergraph)}
headers:
  all:
    request:
      - propagate:
          named: authorization
`;
