import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { Refusal } from '../../schema/errors.ts';
import { ownName, sqlName } from '../../schema/ids.ts';
import { changedKeys, type Key } from './changed-keys.ts';
import { isLater, positionOf, type Position, positionText } from './log-position.ts';
import { copyInto, spooledValues } from './postgres-copy.ts';
import { type PostgresColumn, lookAt } from './postgres-columns.ts';
import { type Asked, askedOf, connected, reading, relationOf } from './postgres-reading.ts';
import type { Connector, OpenSource, SourceAsk, SourceRows } from './source.ts';
import { spooledCsv } from './spool.ts';

/** Keys that one statement asks for: some 100 KB of text. */
const KEYS_AT_ONCE = 5_000;
/** From so many on the table is read as a whole: as many keys are held in memory. */
const KEYS_MAX = 1_000_000;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * A table of which only what changed is read. Its log, by a slot of logical replication, tells which keys changed; what their rows are is read
 * from the table, in a transaction that sees one moment. So what comes of it is the table as it was at that moment, whatever types it has.
 * The slot goes on when the version is published (`confirmChanges`), and not before.
 */
export const openPostgresChanges: Connector = async (ask, db): Promise<OpenSource> => {
  const asked = askedOf(ask);
  const columns = await reading(asked, (client) => lookAt(client, relationOf(asked.source), ask.object));
  const spool = join(db.folder, randomUUID());
  const from = ask.position === null ? null : positionOf(ask.position);
  return {
    label: asked.label,
    columns,
    typed: false,
    facts: { source: asked.label },
    read: () => (from === null ? readWhole(asked, columns, spool) : readChanges(asked, columns, { spool, from })),
    close: async () => {
      for (const file of [rowsFile(spool), goneFile(spool)]) await rm(file, { force: true });
    },
  };
};

/** Lets the source's server forget what was read up to here. Once the version that was made of it is published. */
export async function confirmChanges(ask: SourceAsk, position: string): Promise<void> {
  const { slot, lsn } = positionOf(position);
  await connected(askedOf(ask), (client) =>
    client.query(
      `select pg_replication_slot_advance(slot_name, $2::pg_lsn) from pg_replication_slots
        where slot_name = $1 and confirmed_flush_lsn < $2::pg_lsn and not active`,
      [slot, lsn],
    ),
  );
}

/** Drops the slot and the publication that Weft made for a reader that is gone; those that the contract names are somebody else's. */
export async function forgetChanges(ask: SourceAsk, position: string): Promise<void> {
  const asked = askedOf(ask);
  if (asked.source.slot !== null) return;
  const { slot } = positionOf(position);
  await connected(asked, async (client) => {
    await dropSlot(client, slot);
    if (asked.source.publication !== null) return;
    // One that its owner made for us stays: it holds nothing.
    await client.query(`drop publication if exists ${pg.escapeIdentifier(slot)}`).catch((error: unknown) => {
      if (!(error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE)) throw error;
    });
  });
}

/** How many bytes of its log the source's server keeps for the slot; null where the slot is gone. */
export async function heldLog(ask: SourceAsk, position: string): Promise<number | null> {
  const { slot } = positionOf(position);
  return connected(askedOf(ask), async (client) => {
    // A standby has no place of its own in the log.
    const { rows } = await client.query<{ bytes: number | null }>(
      `select pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
                              restart_lsn)::float8 as bytes
         from pg_replication_slots where slot_name = $1`,
      [slot],
    );
    return rows[0]?.bytes ?? null;
  });
}

const rowsFile = (spool: string): string => `${spool}.csv`;
const goneFile = (spool: string): string => `${spool}.gone.csv`;

/** All rows as they are now, and a slot from before, so that no change after them is missed. */
async function readWhole(asked: Asked, columns: readonly PostgresColumn[], spool: string): Promise<SourceRows> {
  const from = await connected(asked, (client) => newSlot(client, asked));
  const read = columns.filter(({ isRead }) => isRead);
  try {
    await reading(asked, (client) => spoolTable(client, asked, read, spool));
  } catch (error) {
    // Nobody would go on from it.
    await connected(asked, (client) => dropSlot(client, from.slot)).catch(() => undefined);
    throw error;
  }
  return { ...spooledCsv(rowsFile(spool), read), position: positionText(from) };
}

async function readChanges(
  asked: Asked,
  columns: readonly PostgresColumn[],
  { spool, from }: { spool: string; from: Position },
): Promise<SourceRows> {
  const read = columns.filter(({ isRead }) => isRead);
  const found = await reading(asked, async (client) => {
    // What the transaction sees is fixed by its first statement.
    const { rows } = await client.query<{ snapshot: string }>('select pg_current_snapshot()::text as snapshot');
    await requireSlot(client, asked, from);
    const changes = await changedKeys(client, asked, {
      from,
      snapshot: rows[0]!.snapshot,
      publication: publicationOf(asked),
      most: KEYS_MAX,
    });
    if (changes.keys === 'too many') await spoolTable(client, asked, read, spool);
    else await spoolRows(client, asked, read, { spool, keys: changes.keys });
    return changes;
  });
  const key = keyColumns(asked, read);
  return {
    ...spooledCsv(rowsFile(spool), read),
    position: positionText(found.position),
    ...(found.keys === 'too many'
      ? { isWhole: true }
      : {
          gone: spooledCsv(
            goneFile(spool),
            key.map((column) => ({ ...column, type: 'VARCHAR' })),
          ).relation,
        }),
  };
}

async function spoolTable(
  client: pg.Client,
  { source }: Asked,
  read: readonly PostgresColumn[],
  spool: string,
): Promise<void> {
  await copyInto(client, `select ${spooledValues(read)} from ${relationOf(source)} as source`, {
    file: rowsFile(spool),
    flags: 'w',
  });
}

/** Rows of these keys into the one file, and the keys that have no row into the other. */
async function spoolRows(
  client: pg.Client,
  asked: Asked,
  read: readonly PostgresColumn[],
  { spool, keys }: { spool: string; keys: readonly Key[] },
): Promise<void> {
  const key = keyColumns(asked, read);
  const values = spooledValues(read);
  const isIt = key.map(({ name }, index) => `source.${pg.escapeIdentifier(name)} = wanted.k${index}`).join(' and ');
  const relation = relationOf(asked.source);
  for (let at = 0; at === 0 || at < keys.length; at += KEYS_AT_ONCE) {
    const wanted = wantedSql(key, keys.slice(at, at + KEYS_AT_ONCE));
    const flags = at === 0 ? 'w' : 'a';
    await copyInto(client, `select ${values} from ${wanted} join ${relation} as source on ${isIt}`, {
      file: rowsFile(spool),
      flags,
    });
    await copyInto(
      client,
      `select 0, ${key.map((_, index) => `wanted.k${index}`).join(', ')} from ${wanted} where not exists (select from ${relation} as source where ${isIt})`,
      { file: goneFile(spool), flags },
    );
  }
}

/** The keys as a relation of the types that the table has. */
function wantedSql(key: readonly PostgresColumn[], keys: readonly Key[]): string {
  const lists = key.map(
    (_, index) => `array[${keys.map((values) => pg.escapeLiteral(values[index]!)).join(', ')}]::text[]`,
  );
  const names = key.map((_, index) => `k${index}`);
  const typed = key.map(({ declared }, index) => `k${index}::${declared.says} as k${index}`);
  return `(select ${typed.join(', ')} from unnest(${lists.join(', ')}) as given (${names.join(', ')})) as wanted`;
}

function keyColumns({ object }: Asked, read: readonly PostgresColumn[]): PostgresColumn[] {
  return (object.load?.key ?? []).flatMap(({ sourceColumn }) => read.find(({ name }) => name === sourceColumn) ?? []);
}

/** A slot of the reader's own: what it had before, which nobody goes on from, is dropped. */
async function newSlot(client: pg.Client, asked: Asked): Promise<Position> {
  const { rows } = await client.query<{ level: string }>(`select current_setting('wal_level') as level`);
  if (rows[0]?.level !== 'logical')
    throw new Refusal(
      'SOURCE_MISSING',
      `The source ${JSON.stringify(asked.label)} tells no changes: its server's wal_level is ${rows[0]?.level ?? 'unknown'}, and must be logical.`,
    );
  await ensurePublication(client, asked);
  const slot = slotOf(asked);
  await dropSlot(client, slot);
  const made = await client.query<{ lsn: string }>(
    `select lsn::text from pg_create_logical_replication_slot($1, 'pgoutput')`,
    [slot],
  );
  return { slot, lsn: made.rows[0]!.lsn };
}

async function dropSlot(client: pg.Client, slot: string): Promise<void> {
  await client.query(`select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1`, [
    slot,
  ]);
}

/** Refuses where changes are lost that were not read, so that only a full load would be right. */
async function requireSlot(client: pg.Client, { label, reader }: Asked, { slot, lsn }: Position): Promise<void> {
  const { rows } = await client.query<{ confirmed: string; lost: boolean }>(
    `select confirmed_flush_lsn::text as confirmed, wal_status = 'lost' as lost from pg_replication_slots where slot_name = $1`,
    [slot],
  );
  const [found] = rows;
  const why =
    found === undefined
      ? `its replication slot ${slot} is gone`
      : found.lost
        ? `its replication slot ${slot} fell so far behind that the server dropped its log (max_slot_wal_keep_size)`
        : isLater(found.confirmed, lsn)
          ? `its replication slot ${slot} is at ${found.confirmed}, and the live version was made from before that, ${lsn}`
          : null;
  if (why !== null)
    throw new Refusal(
      'SOURCE_INCOMPLETE',
      `Changes of the source ${JSON.stringify(label)} were lost: ${why}. Load it anew: weft refresh ${reader} --full.`,
    );
}

/** A publication of keys alone: rows are read from the table. One that the contract names, or that is there, is taken as it is. */
async function ensurePublication(client: pg.Client, asked: Asked): Promise<void> {
  const publication = publicationOf(asked);
  const { rows } = await client.query('select from pg_publication where pubname = $1', [publication]);
  if (rows.length > 0) return;
  const told = await toldColumns(client, asked);
  const columns = told === 'all' ? '' : ` (${told.map((name) => pg.escapeIdentifier(name)).join(', ')})`;
  const make = `create publication ${pg.escapeIdentifier(publication)} for table ${relationOf(asked.source)}${columns} with (publish_via_partition_root = true)`;
  try {
    await client.query(make);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw new Refusal(
      'SOURCE_MISSING',
      `The source ${JSON.stringify(asked.label)} has no publication ${publication}, and it could not be made: ${error.message}. Its owner can: ${make};`,
      { cause: error },
    );
  }
}

/**
 * The columns that the log tells of each change. Refuses where the key is not among them: without a replica identity a published table's own
 * writers would be refused their updates.
 */
async function toldColumns(client: pg.Client, { source, object, label }: Asked): Promise<'all' | string[]> {
  const { rows } = await client.query<{ identity: string; columns: string[] }>(
    `select c.relreplident as identity,
            array(select a.attname::text from pg_index i
                    join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
                   where i.indrelid = c.oid and case c.relreplident when 'd' then i.indisprimary else i.indisreplident end
                   order by 1) as columns
       from pg_class c where c.oid = $1::regclass`,
    [relationOf(source)],
  );
  const { identity, columns } = rows[0]!;
  if (identity === 'f') return 'all';
  const lacking = (object.load?.key ?? []).filter(({ sourceColumn }) => !columns.includes(sourceColumn));
  if (lacking.length === 0) return columns;
  throw new Refusal(
    'SOURCE_MISSING',
    `The log of the source ${JSON.stringify(label)} would not tell ${lacking.map(({ name }) => name).join(', ')} of each change: give the table a primary key of these, or another replica identity (alter table … replica identity full).`,
  );
}

function publicationOf(asked: Asked): string {
  return asked.source.publication ?? slotOf(asked);
}

/** One for each reader of each table; letters that slots may have, and at most 63. */
function slotOf({ source, reader, object }: Asked): string {
  if (source.slot !== null) return source.slot;
  const sum = createHash('sha256')
    .update(JSON.stringify([reader, object.view]))
    .digest('hex')
    .slice(0, 8);
  return ownName(sqlName(`weft_${reader}`), sum);
}
