import { createInterface } from 'node:readline';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { PgoutputPlugin } from 'pg-logical-replication';
import type { Pgoutput } from 'pg-logical-replication';
import { Refusal } from '../../schema/errors.ts';
import { isLater, plainLsn, type Position } from './log-position.ts';
import type { Asked } from './postgres-reading.ts';

/** A row's key, as Postgres writes its values, in the order of the contract's. */
export type Key = readonly string[];

export interface Changes {
  /** `too many`: there are more, or the table was emptied at once; then all of it is to be read. */
  readonly keys: readonly Key[] | 'too many';
  /** Up to where all that there was is in what the transaction sees. */
  readonly position: Position;
}

/**
 * Which keys of the table the log tells of since `from`, without taking anything from it. Of transactions that `snapshot` does not see
 * nothing is told, and the position stays before the first of them: a commit is in the log a moment before it is seen.
 */
export async function changedKeys(
  client: pg.Client,
  asked: Asked,
  { from, snapshot, publication, most }: { from: Position; snapshot: string; publication: string; most: number },
): Promise<Changes> {
  const isSeen = seenBy(snapshot);
  const log = new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication] });
  const keys = new Map<string, Key>();
  const state = { isTold: false, unseen: false, all: false, lsn: from.lsn };
  const add = (relation: Pgoutput.MessageRelation, ...tuples: (Tuple | null)[]): void => {
    if (!isTable(relation, asked)) return;
    for (const tuple of tuples) {
      if (tuple === null) continue;
      const key = keyOf(tuple, asked);
      keys.set(JSON.stringify(key), key);
    }
    if (keys.size > most) state.all = true;
    if (state.all) keys.clear();
  };
  const hear = (message: Pgoutput.Message): void => {
    if (message.tag === 'relation')
      // Values as they are written: as numbers and dates of JavaScript some would be others.
      for (const column of message.columns) column.parser = (text: unknown) => text;
    if (message.tag === 'begin') {
      const isNew = message.commitLsn !== null && !isLater(from.lsn, message.commitLsn);
      const seen = isSeen(message.xid);
      if (isNew && !seen) state.unseen = true;
      state.isTold = isNew && seen;
    }
    if (message.tag === 'commit' && !state.unseen && message.commitEndLsn !== null)
      state.lsn = isLater(message.commitEndLsn, state.lsn) ? plainLsn(message.commitEndLsn) : state.lsn;
    if (!state.isTold) return;
    if (message.tag === 'insert') add(message.relation, message.new);
    if (message.tag === 'update') add(message.relation, message.key ?? message.old, message.new);
    if (message.tag === 'delete') add(message.relation, message.key ?? message.old);
    if (message.tag === 'truncate' && message.relations.some((relation) => isTable(relation, asked))) {
      state.all = true;
      keys.clear();
    }
  };
  const peek = `select data from pg_logical_slot_peek_binary_changes(${pg.escapeLiteral(from.slot)}, null, null, 'proto_version', '1', 'publication_names', ${pg.escapeLiteral(publication)})`;
  const lines = createInterface({
    input: client.query(copyTo(`copy (${peek}) to stdout (format csv)`)),
    crlfDelay: Infinity,
  });
  // Each is a message of the log, `\x` and its bytes.
  for await (const line of lines) hear(log.parse(Buffer.from(line.slice(2), 'hex')));
  return { keys: state.all ? 'too many' : [...keys.values()], position: { slot: from.slot, lsn: state.lsn } };
}

type Tuple = Readonly<Record<string, unknown>>;

function isTable(relation: Pgoutput.MessageRelation, { source: { from } }: Asked): boolean {
  return from.kind === 'table' && relation.schema === from.schema && relation.name === from.table;
}

function keyOf(tuple: Tuple, { object, label }: Asked): Key {
  return (object.load?.key ?? []).map(({ sourceColumn, name }) => {
    const value = tuple[sourceColumn];
    if (typeof value === 'string') return value;
    throw new Refusal(
      'SOURCE_DRIFTED',
      `The log of the source ${JSON.stringify(label)} does not tell ${name} of each change: the table's replica identity must have the key that its contract says (alter table … replica identity full, or using an index).`,
    );
  });
}

/** Whether a transaction, by the 32 bits that the log has of its number, is seen in a snapshot `xmin:xmax:x,y,…`. */
function seenBy(snapshot: string): (xid: number) => boolean {
  const [, end = '0', open = ''] = snapshot.split(':');
  const xmax = BigInt(end);
  const underWay = new Set(open === '' ? [] : open.split(',').map(BigInt));
  return (xid) => {
    const low = BigInt(xid >>> 0);
    const near = (xmax & ~0xffffffffn) | low;
    // The nearest number that ends so.
    const whole =
      near - xmax > 0x80000000n ? near - 0x100000000n : xmax - near > 0x80000000n ? near + 0x100000000n : near;
    return whole < xmax && !underWay.has(whole);
  };
}
