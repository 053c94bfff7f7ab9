import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { renamedDocuments } from '../../../schema/contract/renamed-documents.ts';
import type { ProductId } from '../../../schema/ids.ts';

const ids = (from: string, to: string) => ({ from: from as ProductId, to: to as ProductId });
const renamed = (path: string, text: string, from = 'sales/returns', to = 'service/goods'): string =>
  renamedDocuments([{ path, text }], ids(from, to))[0]!.text;

test.each([
  [
    'plain',
    'name: returns # ours\ndomain: sales\nversion: 1.10\n',
    'name: goods # ours\ndomain: service\nversion: 1.10\n',
  ],
  [
    'in quotes',
    `domain: "sales"\r\nname: 'returns'\r\nid: sales/returns`,
    'domain: service\r\nname: goods\r\nid: sales/returns',
  ],
  ['in one line', '{ name: returns, domain: sales, tags: [sales] }', '{ name: goods, domain: service, tags: [sales] }'],
  ['as a block', 'name: >-\n  returns\ndomain: sales\n', 'name: goods\ndomain: service\n'],
  [
    'with a title for a name',
    'name: Goods that came back\ndomain: sales\n',
    'name: Goods that came back\ndomain: service\n',
  ],
])('a product document says its new id where it said the old one, and is else as it was: %s', (_how, text, now) => {
  expect(renamed('product.odps.yaml', text)).toBe(now);
});

test('a word that YAML would take for another value is put in quotes', () => {
  const text = renamed('product.odps.yaml', 'name: returns\ndomain: sales\n', 'sales/returns', 'true/null');
  expect(parse(text)).toEqual({ name: 'null', domain: 'true' });
});

test('contracts keep their names and ids, by which others reach them', () => {
  const text = 'id: sales/returns/out\nname: returns\ndomain: sales\ndataProduct: sales/returns\ntenant: sales\n';
  expect(renamed('out.odcs.yaml', text)).toBe(
    'id: sales/returns/out\nname: returns\ndomain: service\ndataProduct: service/goods\ntenant: sales\n',
  );
  expect(renamed('transform.sql', 'select 1')).toBe('select 1');
});
