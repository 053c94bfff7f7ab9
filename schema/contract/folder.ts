import { errorFinding, type Finding } from '../findings.ts';
import type { ProductFile } from './model.ts';
import { parseContract, type OdcsContract } from './odcs.ts';
import { parseProduct, type OdpsProduct } from './odps.ts';
import { reporter, type Reporter } from './report.ts';

/** A contract of the folder that parsed, with its place. */
export interface ReadContract {
  readonly contract: OdcsContract;
  readonly report: Reporter;
}

/** Every contract of a folder that follows the grammar; what does not is found, and `complete` is then false. */
export function readContracts(
  files: readonly ProductFile[],
  findings: Finding[],
): { contracts: ReadContract[]; complete: boolean } {
  const read: ReadContract[] = [];
  const contractFiles = files.filter(({ path }) => /\.odcs\.ya?ml$/.test(path));
  for (const file of contractFiles) {
    const { contract, findings: found, document } = parseContract(file);
    findings.push(...found);
    if (contract === null) continue;
    const report = reporter(findings, file.path, document);
    const twin = read.find((other) => other.contract.id === contract.id);
    if (twin !== undefined)
      report.error(
        'CONTRACT_ID_TAKEN',
        ['id'],
        `${twin.report.file} has the same id, ${contract.id}: give each contract its own.`,
      );
    read.push({ contract, report });
  }
  return { contracts: read, complete: read.length === contractFiles.length };
}

/** The one product document of a folder; null, with findings, where there is none or it does not follow the grammar. */
export function readDocument(
  files: readonly ProductFile[],
  findings: Finding[],
): { document: OdpsProduct; report: Reporter } | null {
  const [first, second] = files.filter(({ path }) =>
    /(^|\.)(product\.)?odps\.ya?ml$/.test(path.slice(path.lastIndexOf('/') + 1)),
  );
  if (first === undefined) {
    findings.push(errorFinding('PRODUCT_MISSING', 'The folder has no product.odps.yaml.'));
    return null;
  }
  if (second !== undefined)
    findings.push(
      errorFinding('PRODUCT_TWICE', `${first.path} and ${second.path} both describe a product; a folder has one.`),
    );
  const { product, findings: found, document } = parseProduct(first);
  findings.push(...found);
  return product === null ? null : { document: product, report: reporter(findings, first.path, document) };
}

/** A record without prototype: an object may be called `constructor`. */
export function bare<Value>(entries: readonly (readonly [string, Value])[]): Readonly<Record<string, Value>> {
  const record = Object.create(null) as Record<string, Value>;
  for (const [key, value] of entries) Object.defineProperty(record, key, { value, enumerable: true });
  return record;
}
