import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere, type Outcome } from './gateway-here.ts';
import { folderOf, remoteFolder } from './product-text.ts';

let gateway: GatewayHere;

const AIRPORTS = folderOf({
  domain: 'network',
  name: 'airports',
  properties: ['{ name: name, logicalType: string, required: true }', '{ name: city, logicalType: string }'],
});
const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])
type Query { moods: [Mood!]! }
type Mood @key(fields: "id") { id: ID! now: String @shareable }
`;
const moods = (more: string, name = 'moods') => remoteFolder(name, `http://127.0.0.1:9/${name}`, LINK + more);

beforeAll(async () => {
  gateway = await gatewayHere();
  await gateway.publish([AIRPORTS]);
});
afterAll(() => gateway.close());

const composed = ({ findings }: Outcome): Outcome['findings'] =>
  findings.filter(({ code }) => code.startsWith('COMPOSITION_'));

test("where the graph would not compose, both products are named, and the place in the publisher's own SDL", async () => {
  const outcome = await gateway.publish([moods('type Airport @key(fields: "id") {\n  id: ID!\n  city: String\n}\n')]);
  expect(outcome.code).toBe('DOES_NOT_COMPOSE');
  expect(composed(outcome)).toMatchObject([
    { code: 'COMPOSITION_INVALID_FIELD_SHARING', severity: 'ERROR', file: 'schema.graphql', line: 6 },
  ]);
  expect(composed(outcome)[0]!.message).toMatch(
    /It is about network\/airports \(output\.odcs\.yaml:\d+\) and elsewhere\/moods \(schema\.graphql:6\)\.$/,
  );
});

test("it is the contract's line where the own product is derived from one", async () => {
  expect(await gateway.publish([moods('type Port @key(fields: "id") { id: ID! depth: Int }')])).toMatchObject({
    __typename: 'Published',
  });
  const ports = folderOf({ domain: 'sea', name: 'ports', properties: ['{ name: depth, logicalType: integer }'] });
  const [finding] = composed(await gateway.publish([ports]));
  const lines = ports.files.find(({ path }) => path === 'output.odcs.yaml')!.text.split('\n');
  expect(finding).toMatchObject({ file: 'output.odcs.yaml', line: expect.any(Number) });
  expect(lines[finding!.line! - 1]).toContain('name: depth');
  expect(finding!.message).toContain('elsewhere/moods (schema.graphql:4)');
});

test('hints of composition stand among the findings, refuse nothing, and are told of what is new alone', async () => {
  const other = moods('', 'tempers');
  const mood = other.files.at(-1)!;
  const another = {
    ...other,
    files: [
      ...other.files.slice(0, -1),
      { ...mood, text: mood.text.replace('moods:', 'tempers:').replace('now: String', 'now: String!') },
    ],
  };
  await gateway.publish([moods('')]);
  for (const check of [true, false]) {
    const outcome = await gateway.publish([another], { check, governance: true });
    expect(outcome.__typename).toBe('Published');
    expect(composed(outcome)).toMatchObject([
      {
        code: 'COMPOSITION_INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE',
        severity: 'HINT',
        file: 'schema.graphql',
        line: 3,
        message: expect.stringContaining('elsewhere/moods (schema.graphql:3) and elsewhere/tempers (schema.graphql:3)'),
      },
    ]);
  }
  const outcome = await gateway.publish([folderOf({ domain: 'sea', name: 'quays' })]);
  expect([outcome.__typename, composed(outcome)]).toEqual(['Published', []]);
});
