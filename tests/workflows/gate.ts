import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Any number that nobody else locks. */
const LOCK = 4_711;

/** Where stages wait with all their work done and nothing of it committed, on the connection that a cancellation ends. */
export interface Gate {
  /** Shut for a stage of products (a pattern of LIKE), for the time of the story. */
  shut(product: string, stage: string, story: () => Promise<void>): Promise<void>;
  /** How many stages wait at it. */
  waiting(): Promise<number>;
  close(): Promise<void>;
}

/** Builds one into a ledger. A server that is killed opens it. */
export async function gateIn(databaseUrl: string): Promise<Gate> {
  const connected = async (): Promise<pg.Client> => {
    for (let tries = 1; ; tries += 1) {
      const client = new pg.Client({ connectionString: databaseUrl, application_name: 'gate' });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return client;
      } catch (error) {
        // A server that was killed is back soon.
        if (tries === 300) throw error;
        await sleep(100);
      }
    }
  };
  let keeper = await connected();
  await keeper.query(`
    create table public.gate (product text, stage text);
    create function public.wait_at_gate() returns trigger language plpgsql as $$ begin
      if exists (select from public.gate g join weft.runs r on r.product_id like g.product
                  where r.id = new.run_id and g.stage = new.stage)
      then perform pg_advisory_xact_lock_shared(${LOCK}); end if;
      return new;
    end $$;
    create trigger gate before update on weft.stages for each row
      when (new.state = 'done' and old.state <> 'done') execute function public.wait_at_gate();`);
  return {
    shut: async (product, stage, story) => {
      await keeper.query('select pg_advisory_lock($1)', [LOCK]);
      await keeper.query('insert into public.gate values ($1, $2)', [product, stage]);
      try {
        await story();
      } finally {
        await keeper.end().catch(() => undefined);
        keeper = await connected();
        await keeper.query('delete from public.gate');
      }
    },
    waiting: async () => {
      const { rows } = await keeper.query(
        `select from pg_locks where locktype = 'advisory' and not granted and objid = ${LOCK}
            and database = (select oid from pg_database where datname = current_database())`,
      );
      return rows.length;
    },
    close: () => keeper.end(),
  };
}
