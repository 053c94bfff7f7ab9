import type { Finding } from '../findings.ts';
import { domainId } from '../ids.ts';
import type { ProductFile, SchemaObject } from './model.ts';
import { readObject } from './object.ts';
import { type OdcsContract, parseContract } from './odcs.ts';
import { type OdpsProduct, parseProduct } from './odps.ts';
import { steps } from './place.ts';
import { parseReference } from './reference.ts';
import { reporter, type Reporter } from './report.ts';
import { readSla } from './sla.ts';

/** A document of the standards by itself; `id` is null where it does not follow its grammar. */
export interface LoneDocument {
  readonly kind: 'DataContract' | 'DataProduct';
  readonly id: string | null;
  readonly findings: readonly Finding[];
}

/**
 * Reads one contract or product document with no folder around it. Faults of its grammar are errors; all that only a publish would
 * refuse (what dangles, what cannot be a table or type) are warnings: nothing is made of it.
 */
export function readAlone(file: ProductFile): LoneDocument {
  const doubts: Finding[] = [];
  if (isProductDocument(file)) {
    const { product, findings, document } = parseProduct(file);
    if (product !== null) doubtProduct(product, reporter(doubts, file.path, document));
    return { kind: 'DataProduct', id: product?.id ?? null, findings: [...findings, ...doubts.map(asDoubt)] };
  }
  const { contract, findings, document } = parseContract(file);
  if (contract !== null) doubtContract(contract, reporter(doubts, file.path, document));
  return { kind: 'DataContract', id: contract?.id ?? null, findings: [...findings, ...doubts.map(asDoubt)] };
}

/** By its name, and where that does not tell, by the kind that it names. */
function isProductDocument({ path, text }: ProductFile): boolean {
  if (/\.odcs\.ya?ml$/.test(path)) return false;
  return /(^|[./])odps\.ya?ml$/.test(path) || /^kind:\s*["']?DataProduct\b/m.test(text);
}

function doubtContract(contract: OdcsContract, report: Reporter): void {
  const ruleIds = new Set<string>();
  const objects = (contract.schema ?? []).map((object, index) =>
    readObject(object, {
      contractId: contract.id,
      path: ['schema', index],
      report,
      kind: 'remote',
      schema: null,
      ruleIds,
    }),
  );
  for (const object of objects) {
    for (const { code, path, message } of object.semanticFaults) report.warning(code, steps(path), message);
    doubtRelationships(object, contract, report);
  }
  for (const { index, code, message } of readSla(contract.slaProperties ?? []).faults)
    report.warning(code, ['slaProperties', index], message);
}

/** A relationship of the contract's own may be resolved here; any other only where its product is published. */
function doubtRelationships(object: SchemaObject, { schema = [] }: OdcsContract, report: Reporter): void {
  for (const { from, to, path } of object.relationships)
    for (const written of to) {
      const reference = parseReference(written);
      const isNamed = (thing: { name: string; id?: string | undefined }, name: string): boolean =>
        thing.name === name || thing.id === name;
      const target = schema.find((one) => reference !== null && isNamed(one, reference.object));
      if (target?.properties?.some((one) => isNamed(one, reference?.property ?? '')) !== true)
        report.warning(
          'RELATIONSHIP_DANGLING',
          steps(path),
          `The relationship ${from.join(', ')} -> ${written} points at nothing in this document; publishing looks in the mesh.`,
        );
    }
}

function doubtProduct(product: OdpsProduct, report: Reporter): void {
  if (domainId(product.domain ?? '') === null)
    report.warning('PRODUCT_DOMAIN', ['domain'], 'To be published, domain must be a name in kebab case.');
  for (const [index, { name, contractId }] of (product.outputPorts ?? []).entries())
    report.warning(
      contractId === undefined ? 'OUTPUT_WITHOUT_CONTRACT' : 'CONTRACT_MISSING',
      ['outputPorts', index],
      contractId === undefined
        ? `The output port ${name} names no contractId; it is listed and has no data.`
        : `The contract ${contractId} of the output port ${name} is not beside this document; publishing needs it in the folder.`,
    );
}

function asDoubt(finding: Finding): Finding {
  return { ...finding, severity: 'warning' };
}
