import { Refusal } from '../../schema/errors.ts';
import { type Pool, type Transaction, transaction } from '../../schema/ledger/connect.ts';
import { isHeadBusy, lockHead } from '../../schema/ledger/supergraphs.ts';
import type { InTurn } from '../in-turn.ts';

/** What a story needs that changes the graph. */
export interface GraphWriting {
  readonly ledger: Pool;
  /** Who writes waits here for its turn, and not at the head's lock with a connection that readers of the ledger want. */
  readonly writers: InTurn;
}

/** One transaction under the head's lock, after those that came before it in this process. Refuses with GRAPH_BUSY where another holds it too long. */
export function writeInTurn<Result>(
  { ledger, writers }: GraphWriting,
  story: (trx: Transaction) => Promise<Result>,
): Promise<Result> {
  return writers(() =>
    transaction(ledger, async (trx) => {
      await lockHead(trx);
      return story(trx);
    }).catch((error: unknown) => {
      if (!isHeadBusy(error)) throw error;
      throw new Refusal('GRAPH_BUSY', 'Another change of the graph takes its time: nothing was changed. Try again.', {
        cause: error,
      });
    }),
  );
}
