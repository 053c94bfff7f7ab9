import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSubgraphSchema } from '@apollo/subgraph';
import fc from 'fast-check';
import { parse as parseGraphql } from 'graphql';
import { parse, stringify } from 'yaml';
import { edited, folderOf, remoteFolder } from './product-text.ts';
import { gatewayHere, type GatewayHere, type Tree } from './gateway-here.ts';
import type { ProductFolder } from '../../gateway/publishing/read-folders.ts';

const STANDARDS = fileURLToPath(new URL('../../../shared/odcs/examples', import.meta.url));
const examples = existsSync(STANDARDS) ? readdirSync(STANDARDS).filter((name) => name.endsWith('.odcs.yaml')) : [];

let gateway: GatewayHere;

beforeAll(async () => {
  gateway = await gatewayHere();
});
afterAll(() => gateway.close());

const EXPORT = `query ($id: ID!, $format: ExportFormat!, $revision: Int) {
  dataProduct(id: $id) { export(format: $format, revision: $revision) { path text } }
}`;

async function exported(id: string, format: string, revision?: number): Promise<Record<string, string>> {
  const { data, errors } = await gateway.ask(EXPORT, { id, format, revision });
  expect(errors).toBeUndefined();
  const files: { path: string; text: string }[] = data.dataProduct.export;
  return Object.fromEntries(files.map(({ path, text }) => [path, text]));
}

const PLAIN = folderOf({ domain: 'paper', name: 'sheets', properties: ['{ name: city, logicalType: string }'] });
const beside = (folder: ProductFolder, path: string, text: string): ProductFolder => ({
  ...folder,
  files: [...folder.files, { path, text }],
});

describe('what was published is exported letter by letter', () => {
  const ODD = `# A remark stays.
apiVersion: v3.1.0
kind: DataContract
id: paper/odd
version: "1.10"
status: on
zuletzt: { b: 1, a: [~, null, NULL, 1.10, 0x1F, 1e3, '1.10', 2026-01-31, no, "yes", .nan, 12345678901234567890] }
description: &d
  usage: |
    Two lines,
      the second further in.
  purpose: >-
    folded
    text
customProperties:
  - { property: __proto__, value: { constructor: { toString: 1 } } }
  - property: shared
    value: &v { deep: [1, { two: 2 }] }
  - property: again
    value: *v
`.replaceAll('\n', '\r\n');

  test('comments, numbers as they were written, anchors, line ends, the order of keys', async () => {
    expect(await gateway.publish([beside(PLAIN, 'odd.odcs.yaml', ODD)])).toMatchObject({ __typename: 'Published' });
    const files = await exported('paper/sheets', 'ODCS');
    expect(Object.keys(files)).toEqual(['odd.odcs.yaml', 'output.odcs.yaml', 'source.odcs.yaml']);
    expect(files['odd.odcs.yaml']).toBe(ODD);
    const product = PLAIN.files.find(({ path }) => path === 'product.odps.yaml')!;
    expect(await exported('paper/sheets', 'ODPS')).toEqual({ [product.path]: product.text });
  });

  test('a former revision too', async () => {
    const told = edited(PLAIN, 'product.odps.yaml', (text) => `${text}description: { purpose: Told. }\n`);
    expect(await gateway.publish([told])).toMatchObject({ products: [{ revision: 2 }] });
    expect((await exported('paper/sheets', 'ODCS', 1))['odd.odcs.yaml']).toBe(ODD);
    expect(await exported('paper/sheets', 'ODCS')).not.toHaveProperty('odd.odcs.yaml');
    const { errors } = await gateway.ask(EXPORT, { id: 'paper/sheets', format: 'ODCS', revision: 9 });
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  test('a key that stands twice is refused, since only one of its values could come back', async () => {
    const twice = ODD.replace('status: on', 'status: on\r\nstatus: off');
    const { findings } = await gateway.publish([beside(PLAIN, 'odd.odcs.yaml', twice)]);
    const errors = findings.filter(({ severity }) => severity === 'ERROR');
    expect(errors).toMatchObject([{ code: 'YAML_DUPLICATE_KEY', file: 'odd.odcs.yaml', line: 7 }]);
  });

  (examples.length > 0 ? test : test.skip)(
    'every official example, as a contract that no port names (../shared/odcs; skipped where that is absent)',
    async () => {
      const text = (name: string): string => readFileSync(`${STANDARDS}/${name}`, 'utf8');
      // Several examples have one id, as copies of one another have.
      const unlike = (name: string): string => text(name).replace(/^id: *["']?([^"'\s]+)["']?/m, `id: "$1 ${name}"`);
      const folder = examples.reduce(
        (before, name) => beside(before, name, unlike(name)),
        folderOf({ domain: 'paper', name: 'official' }),
      );
      const outcome = await gateway.publish([folder]);
      expect(outcome.findings.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
      const files = await exported('paper/official', 'ODCS');
      for (const name of examples) {
        const { id, ...rest } = parse(files[name]!) as { id: string };
        const { id: written, ...others } = parse(text(name)) as { id: string };
        expect([id, rest]).toEqual([`${written} ${name}`, others]);
      }
    },
  );

  test('any value of YAML comes back as it was, wherever the standard leaves it free', async () => {
    // What YAML 1.2 has: numbers that JavaScript holds, text without lone halves of surrogates and NUL.
    const letters = fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !text.includes('\0'));
    const scalar = fc.oneof(
      letters,
      fc.constantFrom('1.10', 'no', '0x10', '~', 'null', '2026-01-31', '- a', '# b', ' c ', 'd: e', '<<', '&f', '*g'),
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const key = letters.filter((text) => text !== '' && text !== '<<' && text.length < 8);
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(key, value, { maxKeys: 6 }),
        fc.array(value, { maxLength: 12 }),
        async (unknown, values) => {
          const base = parse(PLAIN.files.find(({ path }) => path === 'output.odcs.yaml')!.text) as Record<
            string,
            unknown
          >;
          const document = {
            ...Object.fromEntries(Object.entries(unknown).map(([name, one]) => [`x ${name}`, one])),
            ...base,
            customProperties: values.map((one, index) => ({ property: `p${index}`, value: one })),
          };
          const text = stringify(document, { version: '1.2', schema: 'core', aliasDuplicateObjects: false });
          const outcome = await gateway.publish([edited(PLAIN, 'output.odcs.yaml', () => text)]);
          expect(outcome.findings.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
          const back = (await exported('paper/sheets', 'ODCS'))['output.odcs.yaml']!;
          const read: unknown = parse(back, { version: '1.2', schema: 'core' });
          expect(read).toEqual(document);
          expect(JSON.stringify(read)).toBe(JSON.stringify(document));
        },
      ),
      { numRuns: 10, endOnFailure: true },
    );
  }, 120_000);
});

describe("the product's part of the graph", () => {
  const field = (name: string, to: string): string =>
    `{ name: ${name}, logicalType: string, relationships: [{ to: ${to} }] }`;

  test('is a schema by itself: its own fields, and of other types the keys', async () => {
    await gateway.publish([
      folderOf({ domain: 'rail', name: 'stations', properties: ['{ name: city, logicalType: string }'] }),
      folderOf({
        domain: 'rail',
        name: 'trains',
        properties: [field('homeId', 'stations.id'), field('makerId', 'makers.id')],
      }),
      folderOf({ domain: 'works', name: 'makers' }),
    ]);
    const { 'schema.graphql': trains } = await exported('rail/trains', 'SDL');
    const schema = buildSubgraphSchema(parseGraphql(trains!));
    const fields = (type: string): string[] => Object.keys((schema.getType(type) as Tree).getFields());
    expect(fields('Query').filter((name) => !name.startsWith('_'))).toEqual(['train', 'trains', 'trainAggregate']);
    expect(fields('Train')).toEqual(['id', 'homeId', 'makerId', 'home', 'maker']);
    expect([fields('Station'), fields('Maker')]).toEqual([['id'], ['id']]);
    expect(fields('TrainWhere')).toContain('home');
    const { 'schema.graphql': stations } = await exported('rail/stations', 'SDL');
    const alone = buildSubgraphSchema(parseGraphql(stations!));
    expect(Object.keys((alone.getType('Station') as Tree).getFields())).toEqual(['id', 'city']);
    expect(alone.getType('Maker')).toBeUndefined();
  });

  test('of a former revision is as it was', async () => {
    await gateway.publish([
      folderOf({ domain: 'works', name: 'makers', properties: ['{ name: town, logicalType: string }'] }),
    ]);
    expect((await exported('works/makers', 'SDL'))['schema.graphql']).toContain('town: String');
    expect((await exported('works/makers', 'SDL', 1))['schema.graphql']).not.toContain('town');
  });

  test('of a remote product is what it published', async () => {
    const sdl = 'type Query { signal: String } # as written\n';
    await gateway.publish([remoteFolder('signals', 'http://127.0.0.1:9/graphql', sdl)]);
    expect(await exported('elsewhere/signals', 'SDL')).toEqual({ 'schema.graphql': sdl });
  });
});
