import { expect, test } from '@jest/globals';
import { transaction } from '../../schema/ledger/connect.ts';
import { failDelivery, keepDestinations } from '../../schema/ledger/destinations.ts';
import type { ProductId } from '../../schema/ids.ts';
import { cloneDatabase } from '../testkit/database.ts';
import { gatewayHere } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

test('the catalog says what is where; why it is not is told to the owners of the product alone', async () => {
  const database = await cloneDatabase();
  const gateway = await gatewayHere({ database });
  try {
    const folder = folderOf({ domain: 'sales', name: 'orders' });
    const server = `servers:
  - { server: lake, type: local, path: lake, format: parquet, customProperties: [{ property: deliver, value: true }] }
schema:`;
    const files = folder.files.map((file) =>
      file.path === 'output.odcs.yaml' ? { ...file, text: file.text.replace('schema:', server) } : file,
    );
    await gateway.publish([{ ...folder, files }], { refresh: false });
    const productId = 'sales/orders' as ProductId;
    await transaction(database.pool, async (trx) => {
      await keepDestinations(trx, { productId, revision: 1 }, [{ name: 'lake', address: 'a' }]);
      await failDelivery(
        trx,
        { productId, destination: 'lake' },
        { code: 'DELIVERY_REFUSED', message: 'The host of the lake is away.' },
      );
    });
    const query = `{ dataProduct(id: "sales/orders") { deliveries { destination type version rows error } } }`;
    const lake = { destination: 'lake', type: 'local', version: null, rows: null };
    expect((await gateway.order(query)).data.dataProduct.deliveries).toEqual([
      { ...lake, error: 'The host of the lake is away.' },
    ]);
    expect((await gateway.ask(query)).data.dataProduct.deliveries).toEqual([{ ...lake, error: null }]);
  } finally {
    await gateway.close();
    await database.drop();
  }
});
