import { readDocument } from '../../schema/contract/folder.ts';
import { changeSummary } from '../../schema/contract/changes/summary.ts';
import type { NewDecision } from '../../schema/ledger/decisions.ts';
import type { Finding } from '../../schema/findings.ts';
import { type ProductId, productId } from '../../schema/ids.ts';
import type { Actor } from '../actor.ts';
import type { ProductChange } from './product-changes.ts';
import type { Candidate, ProductFolder } from './read-folders.ts';

// The codes of a refusal say what it was about; a hostile document may have thousands of faults.
const CODES_MAX = 20;

interface Asked {
  readonly folders: readonly ProductFolder[];
  readonly actor: Actor;
  /** Whose documents are published anew. */
  readonly rollbackTo?: number;
}

interface Published {
  readonly products: readonly { readonly id: ProductId; readonly version: string; readonly revision: number }[];
  readonly supergraph: number;
  readonly changes: readonly ProductChange[];
}

interface Rejected {
  readonly code: string;
  readonly findings: readonly Finding[];
  readonly changes: readonly ProductChange[];
}

/** What is kept of a publish that went through, for each product. */
export function publishedDecisions({ products, supergraph, changes }: Published, ask: Asked): NewDecision[] {
  return products.map(({ id, version, revision }) => {
    const own = changes.filter(({ product }) => product === id);
    return {
      ...about(ask),
      product: id,
      outcome: 'published',
      code: null,
      version,
      revision,
      supergraph,
      detail: {
        ...(ask.rollbackTo === undefined ? {} : { toRevision: ask.rollbackTo }),
        // The first revision changes nothing.
        ...(revision === 1 ? {} : { changes: changeSummary(own) }),
      },
    };
  });
}

/** What is kept of a refusal, for each folder that was sent. */
export function rejectedDecisions(
  { code, findings, changes }: Rejected,
  candidates: readonly Candidate[],
  ask: Asked,
): NewDecision[] {
  const errors = findings.filter(({ severity }) => severity === 'error').map((finding) => finding.code);
  return ask.folders.map((folder) => {
    const product = productNamed(folder);
    const candidate = candidates.find((one) => one.product.id === product);
    return {
      ...about(ask),
      product,
      outcome: 'rejected',
      code,
      version: candidate?.product.version ?? null,
      revision: null,
      supergraph: null,
      detail: {
        ...(ask.rollbackTo === undefined ? {} : { toRevision: ask.rollbackTo }),
        findings: [...new Set(errors)].slice(0, CODES_MAX),
        ...(candidate === undefined
          ? {}
          : { changes: changeSummary(changes.filter((one) => one.product === product)) }),
      },
    };
  });
}

/** Which product a folder is, though its contracts may not read; its name, made safe, where that cannot be told. */
function productNamed({ name, files }: ProductFolder): string {
  const odps = readDocument(files, [])?.document;
  const id = [odps?.name, name]
    .map((own) => productId(`${odps?.domain ?? ''}/${own ?? ''}`))
    .find((one) => one !== null);
  // A name may be anything, what Postgres cannot hold too.
  return id ?? name.replace(/[^\w./-]+/g, '_').slice(0, 100);
}

function about({ actor, rollbackTo }: Asked): Pick<NewDecision, 'action' | 'actor'> {
  return { action: rollbackTo === undefined ? 'publish' : 'rollback', actor: actor.name };
}
