import type { ReadContract } from './folder.ts';
import type { InputPort, SourceObject } from './model.ts';
import { readSource } from './object.ts';
import type { OdpsProduct } from './odps.ts';

import { custom, type Reporter } from './report.ts';
import { checkSourceServer } from './source-server.ts';

/** Input ports: a contract of the folder is a source with its server, any other is another product's. */
export function readInputs(
  odps: OdpsProduct,
  contracts: readonly ReadContract[],
  outputs: readonly ReadContract[],
  report: Reporter,
): InputPort[] {
  const seen = new Set<string>();
  return (odps.inputPorts ?? []).flatMap(({ name, contractId }, index): InputPort[] => {
    const place = ['inputPorts', index, 'contractId'];
    if (seen.has(contractId)) {
      report.warning('INPUT_TWICE', place, `Two input ports read the contract ${contractId}; one is enough.`);
      return [];
    }
    seen.add(contractId);
    const own = contracts.find(({ contract }) => contract.id === contractId);
    if (own === undefined) return [{ kind: 'product', name, contractId }];
    if (outputs.includes(own)) {
      report.error('INPUT_CYCLE', place, `The input port ${name} reads the product's own output, ${contractId}.`);
      return [];
    }
    return serverInput(name, own);
  });
}

function serverInput(name: string, { contract, report }: ReadContract): InputPort[] {
  const [server] = contract.servers ?? [];
  if (server === undefined) {
    report.error(
      'SOURCE_SERVER',
      contract.servers === undefined ? null : ['servers'],
      `The source ${contract.id} names no server: say in servers where its data lies.`,
    );
    return [];
  }
  const objects = (contract.schema ?? []).map((object, index) =>
    readSource(object, { path: ['schema', index], report }),
  );
  if (objects.length === 0)
    report.error(
      'SOURCE_EMPTY',
      null,
      `The source ${contract.id} has no schema object, so nothing can be read from it.`,
    );
  sameViews(objects, report);
  checkSourceServer(server, objects, report);
  const share = custom(contract, 'rejectedShareAllowed') ?? 0;
  if (typeof share !== 'number' || !(share >= 0 && share <= 1))
    report.error(
      'REJECTED_SHARE',
      ['customProperties'],
      'rejectedShareAllowed must be a number from 0 to 1: the share of rows that may be rejected.',
    );
  const rejectedShareAllowed = typeof share === 'number' ? share : 0;
  return [{ kind: 'server', name, contractId: contract.id, server, objects, rejectedShareAllowed }];
}

function sameViews(objects: readonly SourceObject[], report: Reporter): void {
  for (const [index, { view, name }] of objects.entries())
    if (objects.slice(0, index).some((other) => other.view === view))
      report.error(
        'NAME_TAKEN',
        ['schema', index, 'name'],
        `Two objects would both be seen as ${view}: rename ${name}.`,
      );
}
