import type { Change } from '../../schema/contract/changes/change.ts';
import { changes } from '../../schema/contract/changes/changes.ts';
import { linkedProduct } from '../../schema/contract/changes/linked-product.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import { checkProductSql } from '../../schema/contract/product-sql.ts';
import { readProduct } from '../../schema/contract/read.ts';
import type { Mesh, Product } from '../../schema/contract/model.ts';
import { policyFindings } from '../../schema/policies/judgement.ts';
import { dayOf, type Governance, standing } from '../policies/open-policies.ts';
import type { ProductFolder } from '../up/product-folders.ts';
import { errorFinding, type Finding } from '../../schema/findings.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { Settings } from './config.ts';
import { located } from './findings-text.ts';
import { localPolicies } from './local-policies.ts';
import type { Terminal } from './terminal.ts';

/** Codes of links that a product outside the given folders may well satisfy. */
const ELSEWHERE = new Set(['RELATIONSHIP_DANGLING', 'INPUT_DANGLING']);

interface OfflineOptions {
  /** False: not by policies. */
  readonly governed?: boolean;
  /** The products as they were, to tell what changes; nothing does of a product that is not there. */
  readonly was?: readonly ProductFolder[];
}

/**
 * All that can be said of the folders without a server: each product by itself, the links between those given, their SQL, the policies
 * that need no server (those of WEFT_POLICIES, where that is set here), and what changed of what they were. A link to a product that is
 * not given is a warning. Files as seen from `cwd`.
 */
export async function offlineCheck(
  folders: readonly ProductFolder[],
  { cwd, settings }: Pick<Terminal, 'cwd' | 'settings'>,
  { governed = true, was = [] }: OfflineOptions = {},
): Promise<{ products: string[]; findings: Finding[]; changes: Change[] }> {
  const findings: Finding[] = [];
  const products: Product[] = [];
  const homes = new Map<string, ProductFolder>();
  for (const folder of folders) {
    const { product, findings: found } = readProduct(folder.files, { folder: folder.name });
    findings.push(...located(found, [folder], cwd));
    if (product === null) continue;
    const twin = homes.get(product.id);
    if (twin !== undefined) {
      const message = `${twin.path} and ${folder.path} are both the product ${product.id}: rename one, or give one alone.`;
      findings.push(errorFinding('PRODUCT_TWICE', message));
      continue;
    }
    products.push(product);
    homes.set(product.id, folder);
  }
  const { mesh, findings: links } = linkMesh(products, { dangling: 'warning' });
  for (const link of links) {
    const home = link.product === undefined ? undefined : homes.get(link.product);
    const shown: Finding = ELSEWHERE.has(link.code)
      ? { ...link, severity: 'warning', message: `${link.message} It may be live: only the server can tell.` }
      : link;
    findings.push(...located([shown], home === undefined ? folders : [home], cwd));
  }
  for (const product of mesh.products.values()) {
    const inputs = mesh.inputs.get(product.id) ?? [];
    // What SQL may read is known only when all inputs are.
    if (inputs.length < product.inputs.filter(({ kind }) => kind === 'product').length) continue;
    const home = homes.get(product.id);
    const found = await checkProductSql(product, inputs);
    findings.push(...located(found, home === undefined ? folders : [home], cwd));
  }
  const before = meshOf(was);
  const changed = new Map([...mesh.products.keys()].map((id) => [id, changesOf(before, mesh, id)]));
  const proposal = { before, mesh, changed };
  for (const { product, judgements } of governed ? await judged(proposal, settings) : []) {
    const home = homes.get(product.id);
    findings.push(...located(policyFindings(judgements, product, []), home === undefined ? folders : [home], cwd));
  }
  const found = [...changed].flatMap(([id, own]) => {
    const home = homes.get(id);
    return located(own, home === undefined ? folders : [home], cwd);
  });
  return { products: [...mesh.products.keys()], findings, changes: found };
}

/** Products that read, linked; what does not was as faulty before, and is nothing to compare with. */
function meshOf(folders: readonly ProductFolder[]): Mesh {
  const products = folders.flatMap(({ name, files }) => readProduct(files, { folder: name }).product ?? []);
  return linkMesh(products, { dangling: 'warning' }).mesh;
}

function changesOf(was: Mesh, is: Mesh, id: ProductId): readonly Change[] {
  const [before, after] = [linkedProduct(was, id), linkedProduct(is, id)];
  return before === null || after === null ? [] : changes(before, after);
}

interface Proposed {
  readonly before: Mesh;
  readonly mesh: Mesh;
  readonly changed: ReadonlyMap<ProductId, readonly Change[]>;
}

async function judged({ before, mesh, changed }: Proposed, settings: Settings): ReturnType<Governance['judge']> {
  const policies = await localPolicies(settings);
  try {
    const governance = await policies.current();
    const today = dayOf(new Date());
    const contexts = [...mesh.products.values()].map((product) => ({
      ...standing(product, mesh, today),
      before: before.products.get(product.id) ?? null,
      changes: changed.get(product.id) ?? [],
    }));
    return await governance.judge(contexts);
  } finally {
    await policies.close();
  }
}
