import type { Finding } from '../findings.ts';
import { pathText } from './grammar.ts';
import type { Product } from './model.ts';
import type { OdcsContract } from './odcs.ts';
import type { Path } from './parse.ts';

/** A finding about a product after it was read, at its place in one of its contracts. */
export function placedFinding(
  product: Product,
  contractId: string,
  path: Path,
  what: Pick<Finding, 'code' | 'severity' | 'message'>,
): Finding {
  const file = product.files[contractId] ?? null;
  const at = pathText(path);
  const { line, column } = (file === null ? null : product.locate(file, at)) ?? { line: null, column: null };
  return { ...what, product: product.id, file, line, column, path: at };
}

/** Where an object, or a property of it, stands in its contract. */
export function pathOf(contract: OdcsContract | undefined, object: string, property: string | null): Path {
  const at = contract?.schema?.findIndex(({ name }) => name === object) ?? -1;
  if (at < 0) return ['schema'];
  const within = contract?.schema?.[at]?.properties?.findIndex(({ name }) => name === property) ?? -1;
  return within < 0 ? ['schema', at] : ['schema', at, 'properties', within];
}
