import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inTurn } from '../../gateway/in-turn.ts';
import { actors } from '../../gateway/actor.ts';
import { openPolicies } from '../../gateway/policies/open-policies.ts';
import { publish } from '../../gateway/publishing/publish.ts';
import type { ProductFolder } from '../../gateway/publishing/read-folders.ts';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { edited, folderOf, remoteFolder } from './product-text.ts';

let gateway: GatewayHere;

beforeAll(async () => {
  gateway = await gatewayHere();
});
afterAll(() => gateway.close());

const AIRPORTS = folderOf({ domain: 'network', name: 'airports', properties: ['{ name: city, logicalType: string }'] });
const TO_AIRPORTS = (target: string) => `{ name: airportId, logicalType: string, relationships: [{ to: ${target} }] }`;
const STRIKES = folderOf({ domain: 'safety', name: 'strikes', properties: [TO_AIRPORTS('airports.id')] });

test('a reader and its producer publish together, whichever comes first, and are in the graph when the answer comes', async () => {
  const reader = folderOf({
    domain: 'operations',
    name: 'hubs',
    reads: 'network/airports',
    transform: 'select id from airports',
  });
  const outcome = await gateway.publish([reader, AIRPORTS], { refresh: true });
  expect(outcome).toMatchObject({
    __typename: 'Published',
    products: [
      { id: 'network/airports', state: 'LIVE', revision: 1, run: { id: expect.any(String) } },
      // It runs when its input publishes.
      { id: 'operations/hubs', state: 'LIVE', revision: 1, run: null },
    ],
  });
  const { data, errors } = await gateway.ask('{ airports { totalCount nodes { city } } hubAggregate { count } }');
  expect(errors).toBeUndefined();
  expect(data).toEqual({ airports: { totalCount: '0', nodes: [] }, hubAggregate: [{ count: '0' }] });
});

test('what is published already is unchanged', async () => {
  const before = await gateway.ledger();
  expect(await gateway.publish([AIRPORTS])).toMatchObject({
    __typename: 'Unchanged',
    products: [{ id: 'network/airports' }],
  });
  expect(await gateway.ledger()).toEqual(before);
});

test('a folder that was moved is found where it lies now, though nothing else changed', async () => {
  const folders = async (): Promise<unknown> =>
    (
      await gateway.database.pool.query(
        `select folder from weft.product_revisions where product_id = 'network/airports'`,
      )
    ).rows;
  const moved = { ...AIRPORTS, path: '/elsewhere/airports' };
  await gateway.publish([moved], { check: true });
  expect(await folders()).toEqual([{ folder: '/products/airports' }]);
  expect(await gateway.publish([moved])).toMatchObject({ __typename: 'Unchanged' });
  expect(await folders()).toEqual([{ folder: '/elsewhere/airports' }]);
  // Sent from another machine, it says nothing of where it lies on this one.
  await gateway.publish([{ name: AIRPORTS.name, files: AIRPORTS.files }]);
  expect(await folders()).toEqual([{ folder: '/elsewhere/airports' }]);
});

test('a check says what a publish would, and changes nothing', async () => {
  const before = await gateway.ledger();
  expect(await gateway.publish([STRIKES], { check: true })).toMatchObject({
    __typename: 'Published',
    products: [{ id: 'safety/strikes', state: 'LIVE', run: null }],
  });
  expect(await gateway.ledger()).toEqual(before);
  expect((await gateway.ask('{ strikes { totalCount } }')).status).toBe(400);
});

test('products that refer to one another publish in one act', async () => {
  const ships = folderOf({
    domain: 'sea',
    name: 'ships',
    properties: ['{ name: portId, logicalType: string, relationships: [{ to: ports.id }] }'],
  });
  const ports = folderOf({
    domain: 'land',
    name: 'ports',
    properties: ['{ name: shipId, logicalType: string, relationships: [{ to: ships.id }] }'],
  });
  expect(await gateway.publish([ships])).toMatchObject({ __typename: 'Rejected' });
  expect(await gateway.publish([ships, ports])).toMatchObject({ __typename: 'Published' });
  const { errors } = await gateway.ask('{ ships { nodes { port { ships { nodes { id } } } } } }');
  expect(errors).toBeUndefined();
});

test('a new shape waits for its data, and readers keep the old one until then', async () => {
  await gateway.publish([folderOf({ domain: 'stock', name: 'parts' })]);
  await gateway.load('stock/parts', 'parts', 'id text primary key', `values ('bolt')`);
  const weighed = folderOf({ domain: 'stock', name: 'parts', properties: ['{ name: weight, logicalType: integer }'] });
  expect(await gateway.publish([weighed], { refresh: true })).toMatchObject({
    __typename: 'Published',
    products: [{ state: 'PENDING', revision: 2, run: { id: expect.any(String) } }],
  });
  expect((await gateway.ask('{ parts { nodes { id } } }')).data).toEqual({ parts: { nodes: [{ id: 'bolt' }] } });
  expect((await gateway.ask('{ parts { nodes { weight } } }')).status).toBe(400);
  expect(await gateway.publish([weighed])).toMatchObject({ __typename: 'Unchanged' });
});

test('a new description is live at once, beside the data that is there', async () => {
  const named = folderOf({ domain: 'stock', name: 'tools' });
  await gateway.publish([named]);
  await gateway.load('stock/tools', 'tools', 'id text primary key', `values ('saw')`);
  const told = edited(named, 'product.odps.yaml', (text) => `${text}description: { purpose: What cuts. }\n`);
  expect(await gateway.publish([told])).toMatchObject({ products: [{ state: 'LIVE', revision: 2 }] });
  const { data } = await gateway.ask('{ dataProduct(id: "stock/tools") { purpose datasetVersion { version } } }');
  expect(data.dataProduct).toEqual({ purpose: 'What cuts.', datasetVersion: { version: 1 } });
});

describe('what needs a shape that is not live yet', () => {
  const PLAIN = folderOf({ domain: 'yard', name: 'cranes' });
  const keyed = (folder: ProductFolder) =>
    edited(folder, 'output.odcs.yaml', (text) => text.replace('{ name: id,', '{ name: serial, transformLogic: id,'));
  const NUMBERED = keyed(PLAIN);
  const LIFTS = folderOf({
    domain: 'yard',
    name: 'lifts',
    properties: ['{ name: craneSerial, logicalType: string, relationships: [{ to: cranes.serial }] }'],
  });
  const OTHER = folderOf({ domain: 'yard', name: 'gates' });
  const states = async (): Promise<Record<string, string>> => {
    const { rows } = await gateway.database.pool.query<{ id: string; state: string }>(
      `select product_id as id, state from weft.product_revisions where product_id like 'yard/%' and state in ('live', 'pending') order by state`,
    );
    return Object.fromEntries(rows.map(({ id, state }) => [id, state]));
  };

  test('waits for it, and nobody else is kept from publishing', async () => {
    await gateway.publish([PLAIN]);
    await gateway.load('yard/cranes', 'cranes', 'id text primary key', `values ('c')`);
    expect(await gateway.publish([LIFTS])).toMatchObject({
      __typename: 'Rejected',
      findings: [{ code: 'RELATIONSHIP_NOT_KEY' }],
    });
    expect(await gateway.publish([NUMBERED, LIFTS], { refresh: true })).toMatchObject({
      products: [
        { id: 'yard/cranes', state: 'PENDING', run: { id: expect.any(String) } },
        { id: 'yard/lifts', state: 'PENDING', run: null },
      ],
    });
    expect(await gateway.publish([OTHER])).toMatchObject({ __typename: 'Published', products: [{ state: 'LIVE' }] });
    expect((await gateway.ask('{ lifts { totalCount } }')).status).toBe(400);
    expect(await gateway.publish([LIFTS])).toMatchObject({ __typename: 'Unchanged' });
  });

  test('goes live with it, and its graph with it', async () => {
    await gateway.load('yard/cranes', 'cranes', 'serial text primary key', `values ('s')`);
    expect(await states()).toEqual({ 'yard/cranes': 'live', 'yard/gates': 'live', 'yard/lifts': 'live' });
    await gateway.load('yard/lifts', 'lifts', 'id text primary key, crane_serial text', `values ('l', 's')`);
    // A publish is answered by a gateway that has caught up.
    await gateway.publish([folderOf({ domain: 'yard', name: 'fences' })]);
    const { data } = await gateway.ask('{ lifts { nodes { crane { serial } } } }');
    expect(data).toEqual({ lifts: { nodes: [{ crane: { serial: 's' } }] } });
    const { rows } = await gateway.database.pool.query(
      `select count(*)::int as told from weft.events where type = 'product.published' and subject = 'yard/lifts'`,
    );
    expect(rows).toEqual([{ told: 1 }]);
  });

  test('does not run as long as an input is to change its shape', async () => {
    const reader = folderOf({
      domain: 'yard',
      name: 'tallies',
      reads: 'yard/cranes',
      transform: 'select serial as id from cranes',
    });
    const longer = '{ name: metres, logicalType: integer }';
    const wider = keyed(folderOf({ domain: 'yard', name: 'cranes', properties: [longer] }));
    expect(await gateway.publish([wider, reader], { refresh: true })).toMatchObject({
      products: [
        { id: 'yard/cranes', state: 'PENDING', run: { id: expect.any(String) } },
        { id: 'yard/tallies', state: 'LIVE', run: null },
      ],
    });
  });
});

describe('what is refused names its place, and nothing was changed:', () => {
  const cases: [string, ProductFolder[], { code: string; file: string | null; line?: number; says: string }][] = [
    [
      'a broken YAML',
      [edited(STRIKES, 'output.odcs.yaml', (text) => `${text}  - [`)],
      { code: 'YAML', file: 'output.odcs.yaml', line: 11, says: '' },
    ],
    [
      'a contract that breaks ODCS',
      [edited(STRIKES, 'output.odcs.yaml', (text) => text.replace('logicalType: string', 'logicalType: strnig'))],
      { code: '', file: 'output.odcs.yaml', line: 9, says: 'strnig' },
    ],
    [
      'an unknown relationship target',
      [folderOf({ domain: 'safety', name: 'strikes', properties: [TO_AIRPORTS('airfields.id')] })],
      { code: 'RELATIONSHIP_DANGLING', file: 'output.odcs.yaml', line: 10, says: 'airfields' },
    ],
    [
      'an input that nobody offers',
      [folderOf({ domain: 'safety', name: 'strikes', reads: 'nobody/knows', transform: 'select id from strikes' })],
      { code: 'INPUT', file: null, says: 'nobody/knows/output' },
    ],
    [
      'SQL that writes',
      [folderOf({ domain: 'safety', name: 'strikes', transform: 'delete from strikes returning id' })],
      { code: 'SQL', file: 'transform.sql', line: 1, says: '' },
    ],
    [
      'SQL that reads an undeclared table',
      [folderOf({ domain: 'safety', name: 'strikes', transform: 'select id\nfrom airports' })],
      { code: 'SQL', file: 'transform.sql', line: 2, says: 'airports' },
    ],
    [
      'a quality rule that reads an undeclared table',
      [
        folderOf({
          domain: 'safety',
          name: 'strikes',
          quality: ['{ type: sql, query: select count(*) from weft.runs, mustBe: 0 }'],
        }),
      ],
      { code: 'SQL', file: 'output.odcs.yaml', says: 'weft' },
    ],
    [
      "another domain's type",
      [folderOf({ domain: 'safety', name: 'airports' })],
      { code: '', file: 'output.odcs.yaml', says: 'network/airports' },
    ],
    [
      'a file of 300 KB',
      [edited(STRIKES, 'output.odcs.yaml', (text) => text + '#'.repeat(300_000))],
      { code: '', file: 'output.odcs.yaml', says: '' },
    ],
    [
      'a folder of 101 documents',
      [{ ...STRIKES, files: Array.from({ length: 101 }, (_, at) => ({ path: `${at}.yaml`, text: '' })) }],
      { code: 'FOLDER_SIZE', file: null, says: '101' },
    ],
    ['nothing at all', [], { code: 'FOLDER_NONE', file: null, says: 'no product' }],
    ...['\0', '\ud800'].map((character): (typeof cases)[number] => [
      `a document with ${JSON.stringify(character)}, which is no text`,
      [edited(STRIKES, 'source.odcs.yaml', (text) => `${text}# ${character}`)],
      { code: 'FILE_TEXT', file: null, says: 'source.odcs.yaml' },
    ]),
    [
      'one product twice',
      [STRIKES, { ...STRIKES, name: 'copy' }],
      { code: 'PRODUCT_TWICE', file: null, says: 'safety/strikes' },
    ],
    [
      'a remote type that does not compose',
      [remoteFolder('clash', 'http://127.0.0.1:9/graphql', 'type Query { airport(id: Int!): Int }')],
      { code: 'COMPOSITION_', file: 'schema.graphql', line: 1, says: 'network/airports (output.odcs.yaml:7)' },
    ],
    [
      'a service at the address of cloud metadata',
      [remoteFolder('cloud', 'http://169.254.169.254/graphql', 'type Query { secret: String }')],
      { code: 'SUBGRAPH_HOST', file: null, says: '169.254.169.254' },
    ],
  ];
  const REMOTE = (sdl: string) => [remoteFolder('hostile', 'http://127.0.0.1:9/graphql', sdl)];
  const MANY = Array.from({ length: 30_000 }, (_, at) => at);
  cases.push(
    [
      'an SDL of more than a million letters',
      REMOTE(`type Query { a: Int } #${'x'.repeat(1_100_000)}`),
      { code: 'SDL_SYNTAX', file: 'schema.graphql', says: 'letters' },
    ],
    [
      'an SDL that nests 10,000 deep',
      REMOTE(`type Query { a: ${'['.repeat(10_000)}Int${']'.repeat(10_000)} }`),
      { code: 'SDL_SYNTAX', file: 'schema.graphql', says: 'deep' },
    ],
    [
      'an SDL that does not parse',
      REMOTE('type Query {'),
      { code: 'SDL_SYNTAX', file: 'schema.graphql', line: 1, says: 'Expected' },
    ],
    [
      'interfaces in a circle',
      REMOTE('type Query { a: A } interface A implements B { x: Int } interface B implements A { x: Int }'),
      { code: 'COMPOSITION_', file: null, says: 'A' },
    ],
    [
      'inputs in a circle without end',
      REMOTE('type Query { a(i: I): Int } input I { next: I! }'),
      { code: 'COMPOSITION_', file: 'schema.graphql', line: 1, says: 'I' },
    ],
    [
      'a @link to what is no specification',
      REMOTE('extend schema @link(url: "https://specs.apollo.dev/federation/v99.0") type Query { a: Int }'),
      { code: 'COMPOSITION_', file: null, says: 'v99.0' },
    ],
    [
      '200,000 words of SDL',
      REMOTE(`type Query { a: E } enum E { ${MANY.map((at) => `V${at} @deprecated(reason: "x")`).join(' ')} }`),
      { code: 'SDL_SYNTAX', file: 'schema.graphql', says: '200000' },
    ],
    ...[
      'http://[fd00:ec2::254]/',
      'http://2852039166/',
      'http://0xa9.254.0xa9.0376/',
      'http://[::ffff:169.254.169.254]/',
      'http://metadata.google.internal/',
      'http://user@127.0.0.1/',
      'http://169.254.169.254.nip.io/',
      'http://169.254.169.254./',
      'http://169.254.43518/',
      'http://0251.0376.0251.0376/',
      'http://169。254。169。254/',
      'http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/',
      'http://[::ffff:a9fe:a9fe]/',
      'http://[64:ff9b::a9fe:a9fe]/',
      'http://127.0.0.1@169.254.169.254/',
      'http://169.254.169.254#@127.0.0.1/',
    ].map((url): (typeof cases)[number] => [
      `a service at ${url}`,
      [remoteFolder('cloud', url, 'type Query { secret: String }')],
      { code: 'SUBGRAPH_HOST', file: null, says: '' },
    ]),
  );
  test.each(cases)('%s', async (_name, folders, { code, file, line, says }) => {
    const before = await gateway.ledger();
    const outcome = await gateway.publish(folders);
    expect(outcome.__typename).toBe('Rejected');
    const errors = outcome.findings.filter(({ severity }) => severity === 'ERROR');
    expect(errors).toContainEqual(
      expect.objectContaining({
        code: expect.stringContaining(code),
        file,
        ...(line !== undefined && { line }),
        message: expect.stringContaining(says),
      }),
    );
    expect(await gateway.ledger()).toEqual(before);
  });
});

test('all products of a publish, or none', async () => {
  const broken = folderOf({ domain: 'safety', name: 'near-misses', transform: 'select nothing from nowhere' });
  const before = await gateway.ledger();
  const outcome = await gateway.publish([STRIKES, broken]);
  expect(outcome.__typename).toBe('Rejected');
  expect(outcome.findings.map(({ file }) => file)).toContain('near-misses/transform.sql');
  expect(await gateway.ledger()).toEqual(before);
});

test('of ten that publish one product at once, at two gateways, exactly one wins and the others are told why', async () => {
  const { database } = gateway;
  const hosts = { loopbackOnly: true, allowedHosts: [], fileRoots: [] };
  const policies = await openPolicies({ path: null });
  const gateways = [inTurn(), inTurn()].map((writers) => ({
    ledger: database.pool,
    hosts,
    usageDays: 30,
    variants: {},
    policies,
    checkTables: () => Promise.resolve([]),
    writers,
  }));
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, at) => {
      const folder = folderOf({ domain: 'race', name: 'laps', properties: [`{ name: by${at}, logicalType: string }`] });
      const actor = { ...actors('key', () => null)('Bearer key'), name: `racer ${at}` };
      return publish(gateways[at % 2]!, { folders: [folder], actor, refresh: false, dryRun: false });
    }),
  );
  expect(outcomes.filter(({ kind }) => kind === 'Published')).toHaveLength(1);
  const losers = outcomes.flatMap((outcome) => (outcome.kind === 'Rejected' ? [outcome.code] : []));
  expect(losers).toEqual(Array.from({ length: 9 }, () => 'PUBLISH_CONFLICT'));
});

test('who says which revision theirs was made from is told where a newer one is there, and changes nothing', async () => {
  const lap = (by: string, ifRevision: number) => ({
    ...folderOf({ domain: 'race', name: 'rounds', properties: [`{ name: ${by}, logicalType: string }`] }),
    ifRevision,
  });
  expect(await gateway.publish([lap('first', 1)])).toMatchObject({ code: 'PUBLISH_CONFLICT' });
  expect(await gateway.publish([lap('first', 0)])).toMatchObject({ products: [{ revision: 1 }] });
  expect(await gateway.publish([lap('second', 1)])).toMatchObject({ products: [{ revision: 2 }] });
  const before = await gateway.ledger();
  expect(await gateway.publish([lap('third', 1)])).toMatchObject({ code: 'PUBLISH_CONFLICT' });
  expect(await gateway.ledger()).toEqual(before);
});

test('of ten that claim one type for ten products at once, exactly one wins and the others are told whose it is', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, at) => gateway.publish([folderOf({ domain: `claim-${at}`, name: 'medals' })])),
  );
  expect(outcomes.filter(({ __typename }) => __typename === 'Published')).toHaveLength(1);
  const losers = outcomes.filter(({ __typename }) => __typename === 'Rejected');
  expect(losers.map(({ findings }) => findings.map(({ code }) => code))).toEqual(
    Array.from({ length: 9 }, () => ['TYPE_TAKEN']),
  );
});

test('of two that publish one product at one gateway at once, one wins, and what it published is what is served', async () => {
  const [one, other] = ['left', 'right'].map((name) =>
    folderOf({ domain: 'race', name: 'duels', properties: [`{ name: ${name}, logicalType: string }`] }),
  );
  const outcomes = await Promise.all([gateway.publish([one!]), gateway.publish([other!])]);
  const [winner, loser] = outcomes[0].__typename === 'Published' ? ['left', 'right'] : ['right', 'left'];
  expect(outcomes.map(({ __typename, code }) => code ?? __typename).sort()).toEqual(['PUBLISH_CONFLICT', 'Published']);
  expect((await gateway.ask(`{ duels { nodes { ${winner} } } }`)).status).toBe(200);
  expect((await gateway.ask(`{ duels { nodes { ${loser} } } }`)).status).toBe(400);
});

test('a publish that is to start no run starts none', async () => {
  const { runs } = await gateway.ledger();
  const quiet = folderOf({ domain: 'stock', name: 'shelves' });
  expect(await gateway.publish([quiet], { refresh: false })).toMatchObject({
    products: [{ state: 'LIVE', run: null }],
  });
  expect((await gateway.ledger())['runs']).toBe(runs);
});

test('who listens beyond loopback may not publish a service on loopback, however it is written', async () => {
  const open = await gatewayHere({ loopbackOnly: false });
  const addresses = ['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433', '10.0.0.1', '[::ffff:127.0.0.1]'];
  for (const host of addresses) {
    const outcome = await open.publish([remoteFolder('near', `http://${host}:80/graphql`, 'type Query { a: Int }')]);
    expect([host, outcome.findings.map(({ code }) => code)]).toEqual([host, ['SUBGRAPH_HOST']]);
  }
  await open.close();
});

describe('retiring', () => {
  test('is refused while others use the product, and names them', async () => {
    const { errors } = await gateway.order('mutation { retire(product: "network/airports") { id } }');
    expect(errors![0]!.extensions['code']).toBe('PRODUCT_IN_USE');
    expect(errors![0]!.message).toContain('operations/hubs reads it');
  });

  test('is refused while a revision that waits for its data will read the product', async () => {
    const plain = folderOf({ domain: 'later', name: 'readers' });
    await gateway.publish([plain, folderOf({ domain: 'later', name: 'read' })]);
    await gateway.load('later/readers', 'readers', 'id text primary key', `values ('r')`);
    const reading = folderOf({
      domain: 'later',
      name: 'readers',
      reads: 'later/read',
      properties: ['{ name: more, logicalType: string }'],
      transform: 'select id, id as more from read',
    });
    expect(await gateway.publish([reading])).toMatchObject({ products: [{ state: 'PENDING' }] });
    const retire = 'mutation { retire(product: "later/read") { id } }';
    const { errors } = await gateway.order(retire);
    expect(errors).toMatchObject([{ extensions: { code: 'PRODUCT_IN_USE' } }]);
    expect(errors![0]!.message).toContain('later/readers reads it');
    await gateway.publish([plain]);
    expect((await gateway.order(retire)).errors).toBeUndefined();
  });

  test('takes the fields out of the graph without a restart; publishing brings them back', async () => {
    const hubs = { query: '{ hubs { totalCount } }' };
    expect((await gateway.ask(hubs.query)).status).toBe(200);
    expect((await gateway.order('mutation { retire(product: "operations/hubs") { id status } }')).data).toEqual({
      retire: { id: 'operations/hubs', status: 'retired' },
    });
    expect((await gateway.ask(hubs.query)).status).toBe(400);
    const again = await gateway.order('mutation { retire(product: "operations/hubs") { id } }');
    expect(again.errors![0]!.extensions['code']).toBe('PRODUCT_RETIRED');
    const folder = folderOf({
      domain: 'operations',
      name: 'hubs',
      reads: 'network/airports',
      transform: 'select id from airports',
    });
    expect(await gateway.publish([folder])).toMatchObject({ __typename: 'Published', products: [{ revision: 2 }] });
    expect((await gateway.ask(hubs.query)).status).toBe(200);
  });
});
