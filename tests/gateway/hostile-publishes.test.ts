import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import type { ProductFolder } from '../../gateway/publishing/read-folders.ts';
import { KEY, type Tree } from './gateway-here.ts';
import { gatewayProcess, type GatewayProcess } from './gateway-process.ts';
import { edited, folderOf, remoteFolder } from './product-text.ts';

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await gatewayProcess();
});
afterAll(() => gateway.close());

const MB = 1_000_000;
const PARTS = folderOf({ domain: 'stock', name: 'parts', properties: ['{ name: size, logicalType: string }'] });
const contract = (edit: (text: string) => string): ProductFolder => edited(PARTS, 'output.odcs.yaml', edit);
const service = (sdl: string): ProductFolder => remoteFolder('hostile', 'http://127.0.0.1:9/graphql', sdl);
const KEYED = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@requires", "@external"])\n`;
const keyed = (fields: string): string =>
  `${KEYED}type Query { a: A } type A @key(fields: "${fields}") { id: ID! a: A! }`;
const nested = (levels: number, open: string, close: string, core: string): string =>
  open.repeat(levels) + core + close.repeat(levels);
const values = (count: number): string => Array.from({ length: count }, (_, at) => `V${at}`).join(' ');
/** Nine values, nine times each, nine times over. */
const BOMB = Array.from({ length: 9 }, (_, at) => {
  const all = Array.from({ length: 9 }, () => (at === 0 ? 'x' : `*a${at - 1}`));
  return `  - { property: a${at}, value: &a${at} [${all.join(', ')}] }\n`;
});

async function post(order: 'publish' | 'check', folder: ProductFolder): Promise<{ status: number; answer: Tree }> {
  const query = `mutation ($products: [ProductFolder!]!) { outcome: ${order}(products: $products) {
    __typename ... on Rejected { code findings { code severity message } } } }`;
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ query, variables: { products: [folder] } }),
  });
  return { status: response.status, answer: await response.json() };
}

/** Of the gateway's process, by its own metrics. */
async function residentMb(): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)![1]) / MB;
}

test.each([
  ['a contract of 50 MB', () => contract((text) => text + '#'.repeat(50 * MB))],
  ['an SDL of 20 MB', () => service(`type Query { a: Int } #${'x'.repeat(20 * MB)}`)],
])('%s is refused before it is read', async (_name, folder) => {
  const before = await residentMb();
  for (const order of ['publish', 'check'] as const)
    expect(await post(order, folder())).toEqual({
      status: 413,
      answer: { errors: [{ message: 'The body is too large.', extensions: { code: 'BAD_INPUT' } }] },
    });
  expect((await residentMb()) - before).toBeLessThan(150);
});

const CASES: readonly [what: string, folder: () => ProductFolder, code: string, says: string][] = [
  ['a contract of 15 MB', () => contract((text) => text + '#'.repeat(15 * MB)), 'YAML_TOO_LARGE', '15000'],
  [
    'a bomb of aliases',
    () => contract((text) => `${text}customProperties:\n${BOMB.join('')}`),
    'YAML_ALIASES',
    'Aliases',
  ],
  ['an SDL of 15 MB', () => service(`type Query { a: Int } #${'x'.repeat(15 * MB)}`), 'SDL_SYNTAX', 'letters'],
  [
    'a list that nests 10,000 deep',
    () => service(`type Query { a: ${nested(10_000, '[', ']', 'Int')} }`),
    'SDL_SYNTAX',
    'deep',
  ],
  [
    'a default value that nests 10,000 deep',
    () => service(`type Query { a(i: I = ${nested(10_000, '{i:', '}', '{}')}): Int } input I { i: I }`),
    'SDL_SYNTAX',
    'deep',
  ],
  // The native planner ended the whole process of each gateway: by too many levels, by braces, and by a number.
  ...[60, 10_000].map((levels): [string, () => ProductFolder, string, string] => [
    `a key that nests ${levels} deep`,
    () => service(keyed(nested(levels, 'a{', '}', 'id'))),
    'SDL_SYNTAX',
    'deep',
  ]),
  ['a key in braces', () => service(keyed('{ id }')), 'SDL_SYNTAX', 'braces'],
  [
    'a number that nobody holds, in what a field requires',
    () =>
      service(
        `${KEYED}type Query { a: A } scalar N
         type A @key(fields: "id") { id: ID! b(n: N): Int @external c: Int @requires(fields: "b(n: 99999999999999999999)") }`,
      ),
    'SDL_SYNTAX',
    'digits',
  ],
  [
    '100,000 values of an enum',
    () => service(`type Query { a: E } enum E { ${values(100_000)} }`),
    'SDL_SYNTAX',
    '100000',
  ],
];

test.each(CASES)(
  '%s is refused by its code, in bounded memory, and the gateway serves on',
  async (_name, folder, code, says) => {
    const [before, ledger] = [await residentMb(), await gateway.ledger()];
    for (const order of ['publish', 'check'] as const) {
      const { status, answer } = await post(order, folder());
      expect([status, answer.data?.outcome.__typename, answer.data?.outcome.code]).toEqual([
        200,
        'Rejected',
        'CONTRACT_INVALID',
      ]);
      const findings = answer.data.outcome.findings as { code: string; severity: string; message: string }[];
      expect(findings.filter(({ severity }) => severity === 'ERROR')).toEqual([
        { code, severity: 'ERROR', message: expect.stringContaining(says) },
      ]);
    }
    expect((await residentMb()) - before).toBeLessThan(300);
    expect(await gateway.ledger()).toEqual(ledger);
    expect((await gateway.ask('{ domains { id } }')).status).toBe(200);
  },
);

test('what the native planner cannot read is planned by the other, and nobody else suffers', async () => {
  const folder = service('type Query { odd(n: N = 99999999999999999999): Int } scalar N');
  expect(await gateway.publish([folder])).toMatchObject({ __typename: 'Published' });
  const { data, errors } = await gateway.ask('{ me { name } dataProduct(id: "elsewhere/hostile") { id } }');
  expect([errors, data]).toEqual([undefined, { me: { name: 'anonymous' }, dataProduct: { id: 'elsewhere/hostile' } }]);
  await gateway.order('mutation { retire(product: "elsewhere/hostile") { id } }');
});

test('a description of markup and control characters is published as the text that it is, and is nothing else anywhere', async () => {
  const hostile = `<script>alert(1)</script> """ } type Query { hacked: Int } \\" \\u0041 # \u001b[31mred\u0007\u202egnp.exe \u2028 ]]> --> {{7*7}} \`$(id)\``;
  const quoted = JSON.stringify(hostile);
  const folder = edited(
    contract((text) =>
      text
        .replace('{ name: size,', `{ name: size, description: ${quoted},`)
        .replace('- name: parts', `- name: parts\n    description: ${quoted}`),
    ),
    'product.odps.yaml',
    (text) => `${text}description: { purpose: ${quoted}, usage: ${quoted} }\n`,
  );
  const remote = service(
    `${JSON.stringify(hostile)} type Thing { id: ID } type Query { ${JSON.stringify(hostile)} thing: Thing }`,
  );
  for (const one of [folder, remote])
    expect((await post('publish', one)).answer.data.outcome).toEqual({ __typename: 'Published' });

  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/html, */*' },
    body: JSON.stringify({
      query: `{ dataProduct(id: "stock/parts") { purpose }
        part: __type(name: "Part") { description fields { name description } } thing: __type(name: "Thing") { description } }`,
    }),
  });
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  const { data } = (await response.json()) as Tree;
  expect(data.dataProduct.purpose).toBe(hostile);
  expect(data.thing.description).toBe(hostile);
  // What is derived of a contract has no character that does something to a terminal.
  const [size] = data.part.fields.filter(({ name }: Tree) => name === 'size');
  for (const { description } of [data.part, size]) {
    expect(description).toContain('<script>alert(1)</script> """ } type Query { hacked: Int }');
    expect(description).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }

  const exported = await fetch(`${gateway.url}/supergraph.graphql`);
  expect(exported.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(exported.headers.get('x-content-type-options')).toBe('nosniff');
  // It is one schema still, and no field came of the text.
  const sdl = await exported.text();
  expect(() => buildSchema(sdl, { assumeValidSDL: true })).not.toThrow();
  expect((await gateway.ask('{ hacked }')).status).toBe(400);
});
