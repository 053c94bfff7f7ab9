import type { Finding } from '../findings.ts';
import { domainOf, type DomainId, type ProductId } from '../ids.ts';
import { linkInputs } from './link-inputs.ts';
import type { Say } from './link-finding.ts';
import { claimNames } from './link-names.ts';
import { checkOverrides } from './link-overrides.ts';
import { linkReferences } from './link-references.ts';
import type { DomainModel, Mesh, Product, RegisteredModel } from './model.ts';
import { subgraphName } from './subgraph-name.ts';

export interface LinkOptions {
  /** What a relationship without a target is: reading warns, publishing (the default) refuses. */
  readonly dangling?: Finding['severity'];
}

/**
 * Links products to one mesh: names are unique, relationships and inputs find their targets. What cannot be linked is left out of
 * the mesh and found; the answer does not depend on the products' order.
 */
export function linkMesh(products: readonly Product[], options: LinkOptions = {}): { mesh: Mesh; findings: Finding[] } {
  const findings: Finding[] = [];
  const say: Say = ({ product, contractId, path }, code, message, severity = 'error') => {
    const file = contractId === undefined ? null : (product.files[contractId] ?? null);
    const place = file === null || path === undefined ? null : product.locate(file, path);
    findings.push({
      code,
      severity,
      product: product.id,
      message: `${product.id}: ${message}`,
      file,
      line: place?.line ?? null,
      column: place?.column ?? null,
      path: path ?? null,
    });
  };

  const sorted = [...products].sort((a, b) => (a.id < b.id ? -1 : 1));
  const byId = new Map<ProductId, Product>(sorted.map((product) => [product.id, product]));
  contractIds(sorted, say);
  checkOverrides(sorted, say);
  const owned = claimNames(sorted, say);
  const references = linkReferences(owned, options.dangling ?? 'error', say);
  const inputs = linkInputs(sorted, say);

  const referencesOf = grouped(references, ({ fromProduct }) => fromProduct);
  const linked = (domain: DomainId, among: readonly Product[]): DomainModel => ({
    domain,
    products: among,
    references: among.flatMap(({ id }) => referencesOf.get(id) ?? []),
  });
  const domains = new Map<DomainId, DomainModel>();
  for (const [domain, all] of grouped(sorted, ({ id }) => domainOf(id)))
    domains.set(
      domain,
      linked(
        domain,
        all.filter(({ kind }) => kind === 'managed'),
      ),
    );
  const registered = new Map<string, RegisteredModel>();
  for (const [name, all] of grouped(
    sorted.filter(({ kind }) => kind === 'registered'),
    subgraphName,
  )) {
    const [{ domain, server }] = all;
    if (server !== null) registered.set(name, { name, server, ...linked(domain, all) });
  }
  return { mesh: { products: byId, domains, registered, inputs }, findings };
}

/** Those of each key, in their order. */
function grouped<Key, Value>(values: readonly Value[], key: (value: Value) => Key): Map<Key, [Value, ...Value[]]> {
  const groups = new Map<Key, [Value, ...Value[]]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return groups;
}

/** A contract's id is how others reach it: two products cannot both have it. */
function contractIds(products: readonly Product[], say: Say): void {
  const owners = new Map<string, Product>();
  for (const product of products)
    for (const { id } of product.documents.contracts) {
      const owner = owners.get(id);
      if (owner !== undefined && owner !== product)
        say(
          { product, contractId: id },
          'CONTRACT_ID_TAKEN',
          `the contract id ${id} is that of a contract of ${owner.id} already: choose another.`,
        );
      owners.set(id, owner ?? product);
    }
}
