import { title } from '../../../schema/contract/names.ts';
import type { ProductId } from '../../../schema/ids.ts';
import { guess, guessedYaml, noted } from './guessed-yaml.ts';

/** Who answers for a product; `evidence` where that was guessed. */
export interface Owner {
  readonly username: string;
  readonly evidence: string;
}

/** `product.odps.yaml` of a first product: what it is, who answers for it, what goes in and what comes out. */
export function productDocument(
  id: ProductId,
  ports: { readonly input: string | null; readonly output: string },
  { owner, input, about, type = 'tables' }: { owner: Owner; input: string; about: string; type?: 'tables' | 'graphql' },
): string {
  const [domain = '', product = ''] = id.split('/');
  return guessedYaml(
    {
      apiVersion: 'v1.0.0',
      kind: 'DataProduct',
      id,
      domain,
      name: product,
      version: '0.1.0',
      status: noted('draft', 'active, once you stand by it'),
      description: { purpose: guess(`${title(product)}, from ${about}.`, 'say what it is for, and for whom') },
      ...(ports.input !== null && { inputPorts: [{ name: input, version: '0.1.0', contractId: ports.input }] }),
      outputPorts: [{ name: product, version: '0.1.0', type, contractId: ports.output }],
      team: { name: title(domain), members: [{ username: guess(owner.username, owner.evidence), role: 'owner' }] },
    },
    { head: ['What the product is, and who answers for it.'] },
  );
}
