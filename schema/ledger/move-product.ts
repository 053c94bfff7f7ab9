import { domainOf, type ProductId } from '../ids.ts';
import type { Transaction } from './connect.ts';
import { domainSchema } from './roles.ts';

/**
 * Gives a product another id: its revisions, runs, data versions and all else that refers to it follow, what waits in the outbox and
 * what runs of others pinned too. Tables stay where they lie, and the versions say where. Under `lockHead`, with no run under way.
 */
export async function moveProduct(
  trx: Transaction,
  { from, to, by }: { from: ProductId; to: ProductId; by: string },
): Promise<void> {
  await trx.query('set constraints all deferred');
  await trx.query('insert into weft.domains (id) values ($1) on conflict do nothing', [domainOf(to)]);
  await trx.query('update weft.products set id = $2, domain_id = $3 where id = $1', [from, to, domainOf(to)]);
  // Back at an id that it had before, that one is former no more.
  await trx.query('delete from weft.former_product_ids where former_id = $1', [to]);
  await trx.query('insert into weft.former_product_ids (former_id, product_id, renamed_by) values ($1, $2, $3)', [
    from,
    to,
    by,
  ]);
  await trx.query(
    `update weft.runs set input_versions = (input_versions - $1::text) || jsonb_build_object($2::text, input_versions -> $1)
      where input_versions ? $1`,
    [from, to],
  );
  // Refused first publishes, and exceptions, are kept of what is no product yet, so that nothing holds this id together.
  await trx.query('update weft.decisions set product_id = $2 where product_id = $1', [from, to]);
  await trx.query('update weft.policy_exceptions set product_id = $2 where product_id = $1', [from, to]);
  await trx.query('update weft.interventions set subject = $2 where subject = $1', [from, to]);
  await trx.query('update weft.events set subject = $2 where subject = $1 and handled_at is null', [from, to]);
  if (domainOf(from) !== domainOf(to))
    await trx.query(
      `update weft.dataset_versions v
          set tables = (select coalesce(jsonb_object_agg(object.key, jsonb_build_object('schema', $2::text) || object.value), '{}')
                          from jsonb_each(v.tables) object)
        where product_id = $1 and dropped_at is null`,
      [to, domainSchema(domainOf(from))],
    );
}
