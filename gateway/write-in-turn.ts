import { type Pool, type Transaction, transaction } from '../schema/ledger/connect.ts';
import { lockHead } from '../schema/ledger/supergraphs.ts';
import type { InTurn } from './in-turn.ts';

/** What a story needs that changes the graph. */
export interface GraphWriting {
  readonly ledger: Pool;
  /** Who writes waits here for its turn, and not at the head's lock with a connection that readers of the ledger want. */
  readonly writers: InTurn;
}

/** One transaction under the head's lock, after those that came before it in this process. */
export function writeInTurn<Result>(
  { ledger, writers }: GraphWriting,
  story: (trx: Transaction) => Promise<Result>,
): Promise<Result> {
  return writers(() =>
    transaction(ledger, async (trx) => {
      await lockHead(trx);
      return story(trx);
    }),
  );
}
