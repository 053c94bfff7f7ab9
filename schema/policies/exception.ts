import type { ProductId } from '../ids.ts';

/** For a while, a product need not pass a policy: somebody granted it, and said why. */
export interface PolicyException {
  readonly id: string;
  readonly policy: string;
  readonly product: ProductId;
  readonly reason: string;
  readonly grantedBy: string;
  readonly grantedAt: Date;
  readonly until: Date;
  readonly revokedBy: string | null;
  readonly revokedAt: Date | null;
}
