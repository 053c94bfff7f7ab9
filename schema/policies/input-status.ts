import { NO_PARAMETERS, policy, type PolicyFinding } from './policy.ts';

/** What it reads is not on its way out. */
export const inputStatus = policy({
  id: 'INPUT_STATUS',
  reason: 'A product made of a deprecated one stands on ground that will go.',
  // The input is there as long as others read it: retiring it is refused.
  severity: 'warning',
  documentation: {
    passes: 'An input port reads a product whose status is active.',
    fails: 'An input port reads a product whose status is deprecated.',
    mend: 'Read what replaces it; its team is on its page (`weft product <id>`).',
  },
  parameters: NO_PARAMETERS,
  judge: ({ product, mesh }): readonly PolicyFinding[] =>
    (mesh.inputs.get(product.id) ?? []).flatMap(({ port, product: id }): PolicyFinding[] => {
      const status = mesh.products.get(id)?.status.toLowerCase() ?? 'active';
      if (status !== 'deprecated' && status !== 'retired') return [];
      const index = product.documents.product.inputPorts?.findIndex(({ name }) => name === port) ?? -1;
      const path = index < 0 ? 'inputPorts' : `inputPorts[${index}]`;
      return [{ message: `the input port ${port} reads ${id}, which is ${status}.`, file: product.file, path }];
    }),
});
