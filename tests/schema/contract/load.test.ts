import { expect, test } from '@jest/globals';
import { readProduct } from '../../../schema/contract/read.ts';

const product = `apiVersion: v1.0.0
kind: DataProduct
id: trial/things
domain: trial
name: things
version: 1.0.0
status: active
inputPorts:
  - { name: source, version: 1.0.0, contractId: source }
outputPorts:
  - { name: things, version: 1.0.0, contractId: output }
team:
  name: Trial
  members: [{ username: trial@example.org, role: owner }]
`;
const contract = (id: string, rest: string): string =>
  `apiVersion: v3.1.0\nkind: DataContract\nid: ${id}\nversion: 1.0.0\nstatus: active\n${rest}`;

/** The codes and sentences of what is found in a source with these settings, and what was read of them. */
function read(settings: Readonly<Record<string, unknown>>, key = true) {
  const custom = Object.entries(settings).map(
    ([property, value]) => `      - { property: ${property}, value: ${JSON.stringify(value)} }\n`,
  );
  const source = contract(
    'source',
    `servers:
  - { server: file, type: local, path: things.csv, format: csv }
schema:
  - name: things
    properties:
      - { name: id, logicalType: integer, required: true${key ? ', primaryKey: true' : ''} }
      - { name: label, logicalType: string }
      - { name: at, logicalType: timestamp }
      - { name: number, logicalType: integer }
      - { name: gone, logicalType: boolean }
    customProperties:
${custom.join('')}`,
  );
  const output = contract(
    'output',
    `schema:
  - name: things
    properties:
      - { name: id, logicalType: integer, primaryKey: true }
`,
  );
  const { product: found, findings } = readProduct(
    [
      { path: 'product.odps.yaml', text: product },
      { path: 'source.odcs.yaml', text: source },
      { path: 'output.odcs.yaml', text: output },
    ],
    { folder: 'things' },
  );
  const [port] = found?.inputs ?? [];
  const load = port?.kind === 'server' ? (port.objects[0]?.load ?? null) : undefined;
  return {
    load,
    found: findings.filter(({ code }) => code.startsWith('LOAD_')).map(({ code, line }) => ({ code, line })),
  };
}

test('a source says how its rows come in', () => {
  const { load, found } = read({ loadMode: 'merge', watermark: 'at', lookBack: 'P1D', deletedRows: 'gone' });
  expect(found).toEqual([]);
  expect(load).toMatchObject({
    mode: 'merge',
    key: [{ name: 'id' }],
    watermark: { name: 'at' },
    lookBack: 86_400,
    deleted: { name: 'gone' },
  });
  expect(read({ loadMode: 'merge', watermark: 'number', lookBack: 10 }).load).toMatchObject({ lookBack: 10 });
  expect(read({ loadMode: 'history', deletedRows: 'missing' }).load).toMatchObject({ deleted: 'missing' });
  expect(read({ loadMode: 'full' }).load).toBeNull();
});

test.each([
  ['a mode that there is not', { loadMode: 'upsert' }, true, 'LOAD_MODE'],
  ['no key', { loadMode: 'merge' }, false, 'LOAD_KEY'],
  ['a watermark that is no property', { loadMode: 'merge', watermark: 'updated' }, true, 'LOAD_WATERMARK'],
  ['a watermark of text', { loadMode: 'merge', watermark: 'label' }, true, 'LOAD_WATERMARK'],
  ['a look back of no length', { loadMode: 'merge', watermark: 'at', lookBack: 'a while' }, true, 'LOAD_LOOK_BACK'],
  ['a look back without a watermark', { loadMode: 'merge', lookBack: 'P1D' }, true, 'LOAD_LOOK_BACK'],
  [
    'a length of time for a number',
    { loadMode: 'merge', watermark: 'number', lookBack: 'P1D' },
    true,
    'LOAD_LOOK_BACK',
  ],
  ['rows missing from a part', { loadMode: 'merge', watermark: 'at', deletedRows: 'missing' }, true, 'LOAD_DELETED'],
  ['rows gone that are only added', { loadMode: 'append', deletedRows: 'missing' }, true, 'LOAD_DELETED'],
  ['a flag that is no property', { loadMode: 'merge', deletedRows: 'deleted' }, true, 'LOAD_DELETED'],
  ['settings without a mode', { watermark: 'at' }, true, 'LOAD_UNUSED'],
])('%s is found, with its line', (_what, settings, key, code) => {
  expect(read(settings, key).found).toEqual([{ code, line: expect.any(Number) }]);
});
