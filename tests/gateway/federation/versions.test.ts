import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { folderOf, remoteFolder } from '../product-text.ts';
import { type SubgraphService, subgraphService } from './subgraph-service.ts';

let gateway: GatewayHere;
const services: SubgraphService[] = [];

beforeAll(async () => {
  gateway = await gatewayHere();
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  await gateway.load('network/airports', 'airports', 'id text primary key', `values ('OSL')`);
});
afterAll(async () => {
  await gateway.close();
  for (const service of services) await service.close();
});

/** Serves and publishes one for each field that is added to airports, all at once. */
async function serve(sdls: Readonly<Record<string, string>>): Promise<void> {
  const folders = [];
  for (const [name, sdl] of Object.entries(sdls)) {
    const resolvers = { Airport: { __resolveReference: (airport: object) => airport, [name]: () => name } };
    const service = await subgraphService({ sdl, resolvers });
    services.push(service);
    folders.push(remoteFolder(name, service.url, sdl));
  }
  expect(await gateway.publish(folders)).toMatchObject({ __typename: 'Published', findings: [] });
}

test('services of every version of federation extend one managed type, in one graph', async () => {
  const versions = ['2.0', '2.3', '2.5', '2.6', '2.7', '2.8', '2.9', '2.10', '2.11', '2.12'];
  const sdls = versions.map((version): [string, string] => {
    const name = `v${version.replace('.', 'x')}`;
    return [
      name,
      `extend schema @link(url: "https://specs.apollo.dev/federation/v${version}", import: ["@key"])
       type Airport @key(fields: "id") { id: ID! ${name}: String }`,
    ];
  });
  await serve(Object.fromEntries(sdls));
  const names = sdls.map(([name]) => name);
  const { data, errors } = await gateway.ask(`{ airports { nodes { id ${names.join(' ')} } } }`);
  expect(errors).toBeUndefined();
  const expected = Object.fromEntries(names.map((name) => [name, name]));
  expect(data).toEqual({ airports: { nodes: [{ id: 'OSL', ...expected }] } });
});

test('so does one of the first federation, and one that imports under other names', async () => {
  await serve({
    first: 'extend type Airport @key(fields: "id") { id: ID! @external first: String }',
    renamed: `schema @link(url: "https://specs.apollo.dev/link/v1.0")
       @link(url: "https://specs.apollo.dev/federation/v2.3", as: "fed", import: [{ name: "@key", as: "@entity" }]) { query: Query }
     type Query { renamed: Airport @fed__tag(name: "x") }
     type Airport @entity(fields: "id") { id: ID! renamed: String @fed__shareable }`,
  });
  const { data, errors } = await gateway.ask('{ airports { nodes { first renamed } } }');
  expect(errors).toBeUndefined();
  expect(data).toEqual({ airports: { nodes: [{ first: 'first', renamed: 'renamed' }] } });
});
