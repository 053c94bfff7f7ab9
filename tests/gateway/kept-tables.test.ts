import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { productId } from '../../schema/ids.ts';
import { refreshDeps, refreshHere } from '../workflows/refresh-here.ts';
import { smallProduct } from '../workflows/small-product.ts';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderAt } from './product-text.ts';

let gateway: GatewayHere;
beforeAll(async () => {
  gateway = await gatewayHere();
});
afterAll(() => gateway.close());

const ID = productId('trial/things')!;
const THINGS = `{
  things(orderBy: [{ id: ASC }]) { totalCount nodes { id label parent { label } thingsByParent { totalCount } } }
  thing(id: 1) { label }
  thingAggregate(groupBy: [{ property: parentId }]) { key { parentId } count }
}`;

test('of a table with rows of many versions an operation sees those of one', async () => {
  const folder = await smallProduct({
    content: 'id,label,parentId,at\n1,one,,1\n2,two,1,1\n',
    load: { loadMode: 'merge', watermark: 'at' },
    source: [
      '{ name: id, logicalType: integer, required: true, primaryKey: true }',
      '{ name: label, logicalType: string }',
      '{ name: parentId, logicalType: integer }',
      '{ name: at, logicalType: integer, required: true }',
    ],
    output: [
      '{ name: id, logicalType: integer, primaryKey: true }',
      '{ name: label, logicalType: string }',
      '{ name: parentId, logicalType: integer, relationships: [{ to: things.id }] }',
    ],
  });
  const outcome = await gateway.publish([await folderAt(folder)], { refresh: false });
  expect(outcome).toMatchObject({ __typename: 'Published' });
  const deps = await refreshDeps(gateway.database);

  expect(await refreshHere(deps, ID)).toMatchObject({ phase: 'succeeded' });
  const asked = async () => (await gateway.order(THINGS)).data;
  const first = {
    things: {
      totalCount: '2',
      nodes: [
        { id: '1', label: 'one', parent: null, thingsByParent: { totalCount: '1' } },
        { id: '2', label: 'two', parent: { label: 'one' }, thingsByParent: { totalCount: '0' } },
      ],
    },
    thing: { label: 'one' },
    thingAggregate: [
      { key: { parentId: 1 }, count: '1' },
      { key: { parentId: null }, count: '1' },
    ],
  };
  await until(asked, first);

  // Nothing of a run that is under way is seen, though its rows are in the table.
  await writeFile(join(folder, 'things.csv'), 'id,label,parentId,at\n1,ONE,,2\n3,three,1,2\n');
  await refreshHere(deps, ID, async (stage) => {
    if (stage === 'land' || stage === 'audit') expect(await asked()).toEqual(first);
  });
  await until(asked, {
    things: {
      totalCount: '3',
      nodes: [
        { id: '1', label: 'ONE', parent: null, thingsByParent: { totalCount: '2' } },
        { id: '2', label: 'two', parent: { label: 'ONE' }, thingsByParent: { totalCount: '0' } },
        { id: '3', label: 'three', parent: { label: 'ONE' }, thingsByParent: { totalCount: '0' } },
      ],
    },
    thing: { label: 'ONE' },
    thingAggregate: [
      { key: { parentId: 1 }, count: '2' },
      { key: { parentId: null }, count: '1' },
    ],
  });
});

/** Waits until the gateway has heard of the version. */
async function until(asked: () => Promise<unknown>, expected: unknown): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const found = await asked();
    if (JSON.stringify(found) === JSON.stringify(expected)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await asked()).toEqual(expected);
}
