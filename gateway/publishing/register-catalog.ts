import { readFile } from 'node:fs/promises';
import { Refusal } from '../../schema/errors.ts';
import { liveMesh } from '../../schema/ledger/mesh.ts';
import { promote } from '../../schema/ledger/promote.ts';
import { type GraphWriting, writeInTurn } from './write-in-turn.ts';

export const CATALOG_SDL = new URL('../catalog/catalog.graphql', import.meta.url);

/** Puts this version's catalog into the supergraph: the first graph of an empty ledger, or a new one after an upgrade. */
export async function registerCatalog(deps: GraphWriting): Promise<void> {
  const catalogSdl = await readFile(CATALOG_SDL, 'utf8');
  await writeInTurn(deps, async (trx) => {
    const promotion = await promote(trx, { mesh: await liveMesh(trx), cause: 'catalog', catalogSdl });
    if (promotion.promoted) return;
    throw new Refusal('DOES_NOT_COMPOSE', "This version's catalog does not compose with the published products.", {
      findings: promotion.findings,
    });
  });
}
