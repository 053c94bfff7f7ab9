import type { GraphQLFormattedError } from 'graphql';
import { REFUSALS } from '../../schema/errors.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { OperationContext } from '../execute/context.ts';

/** What is no fault of the one who asks. */
const FAULTS = new Set([
  'INTERNAL',
  'INTERNAL_SERVER_ERROR',
  'SUBGRAPH_UNAVAILABLE',
  ...Object.entries(REFUSALS).flatMap(([code, { http }]) => (http >= 500 ? [code] : [])),
]);

const NONE: ReadonlySet<ProductId> = new Set();

/**
 * The products that brought nothing, of those that an operation read: a remote one by its own errors, one of a registered server by that
 * server's, and any that is read by SQL by faults of the platform.
 */
export function failedProducts(
  errors: readonly GraphQLFormattedError[] | undefined,
  { reading, remotesRead, serving }: Pick<OperationContext, 'reading' | 'remotesRead' | 'serving'>,
): ReadonlySet<ProductId> {
  if (errors === undefined) return NONE;
  const failed = new Set<ProductId>();
  for (const { extensions } of errors) {
    const code = String(extensions?.['code']);
    if (!FAULTS.has(code)) continue;
    const product = extensions?.['product'];
    if (typeof product === 'string') {
      failed.add(product as ProductId);
      continue;
    }
    for (const id of reading.productsRead)
      if (!(remotesRead as ReadonlySet<string>).has(id) && isMet(code, id, serving)) failed.add(id);
  }
  return failed;
}

function isMet(code: string, id: ProductId, { mesh }: OperationContext['serving']): boolean {
  return code !== 'SOURCE_FAILED' || mesh.products.get(id)?.kind === 'registered';
}
