import type { ProductId } from '../ids.ts';
import type { Say } from './link-finding.ts';
import type { Product, ProductInput } from './model.ts';
import { originOf } from './renaming.ts';

/** What each product reads of others; inputs that point at nothing, at a product without tables of Weft's or around in a circle are refused. */
export function linkInputs(products: readonly Product[], say: Say): ReadonlyMap<ProductId, readonly ProductInput[]> {
  const owners = new Map<string, Product>();
  for (const product of products)
    for (const { contractId } of product.outputs)
      if (contractId !== null && !owners.has(contractId)) owners.set(contractId, product);
  const inputs = new Map(products.map((product) => [product.id, inputsOf(product, owners, say)]));
  for (const product of products) checkViews(product, inputs.get(product.id) ?? [], say);
  for (const cycle of cycles(inputs)) {
    const product = products.find(({ id }) => id === cycle[0]);
    if (product !== undefined)
      say(
        { product },
        'INPUT_CYCLE',
        `inputs go around in a circle, ${[...cycle, product.id].join(' -> ')}: none could ever be first.`,
      );
  }
  return inputs;
}

function inputsOf(product: Product, owners: ReadonlyMap<string, Product>, say: Say): ProductInput[] {
  return product.inputs.flatMap((input): ProductInput[] => {
    if (input.kind === 'server') return [];
    const { name, contractId } = input;
    const owner = owners.get(contractId);
    const port = owner?.outputs.find((one) => one.contractId === contractId);
    if (owner === undefined || port === undefined) {
      say(
        { product },
        'INPUT_DANGLING',
        `the input port ${name} reads the contract ${contractId}, which is in no file of the folder and no product's output.`,
      );
      return [];
    }
    if (owner.kind !== 'managed') {
      say({ product }, ...noInput(name, owner));
      return [];
    }
    const wanted =
      product.documents.product.inputPorts?.find((one) => one.contractId === contractId)?.version ?? port.version;
    if (!owner.outputs.some((one) => one.contractId === contractId && major(one.version) === major(wanted)))
      say(
        { product },
        'INPUT_VERSION',
        `the input port ${name} was made for version ${wanted} of ${contractId}, and ${owner.id} offers ${port.version}.`,
        'warning',
      );
    const objects = owner.objects.filter((object) => object.contractId === contractId);
    return [{ port: name, product: owner.id, objects }];
  });
}

/** Why a product that Weft has no tables of is none to read from. */
function noInput(port: string, { id, kind }: Product): [code: string, message: string] {
  return kind === 'remote'
    ? ['INPUT_REMOTE', `the input port ${port} reads ${id}, which is a remote service and has no tables to read.`]
    : [
        'INPUT_REGISTERED',
        `the input port ${port} reads ${id}, whose tables are registered and lie elsewhere: read them by a contract of this folder that names their server.`,
      ];
}

/** `transform.sql` sees inputs by their objects' names, so these must differ; a renaming must find its columns. */
function checkViews(product: Product, inputs: readonly ProductInput[], say: Say): void {
  const views = [
    ...product.inputs.flatMap((input) => (input.kind === 'server' ? input.objects.map(({ view }) => view) : [])),
    ...inputs.flatMap(({ objects }) => objects.map(({ table }) => table)),
  ];
  const twice = views.find((view, index) => views.indexOf(view) !== index);
  if (twice !== undefined)
    say({ product }, 'INPUT_NAME', `two inputs would both be seen as ${twice}: rename the object of one.`);
  for (const object of product.objects.filter(
    ({ name }) => product.kind === 'managed' && product.transforms[name] === undefined,
  )) {
    const [input] = inputs.flatMap(({ objects }) => objects);
    if (views.length > 1 && product.inputs.length === 1)
      say(
        { product, contractId: object.contractId },
        'TRANSFORM_MISSING',
        `${object.name} has several input objects (${views.join(', ')}): say in transform.sql how it is made of them.`,
      );
    else if (input !== undefined && product.inputs.length === 1)
      for (const property of object.properties) {
        const origin = originOf(property, input);
        if (origin.kind === 'unknown')
          say(
            { product, contractId: object.contractId },
            'TRANSFORM_COLUMN',
            `${object.name}.${property.name} would be the column ${origin.name} of ${input.name}, which has none of that name: set transformLogic.`,
          );
      }
  }
}

/** Each circle once, beginning at its first product by id. */
function cycles(inputs: ReadonlyMap<ProductId, readonly ProductInput[]>): ProductId[][] {
  const found: ProductId[][] = [];
  const done = new Set<ProductId>();
  const visit = (id: ProductId, path: readonly ProductId[]): void => {
    const start = path.indexOf(id);
    if (start >= 0) {
      found.push(path.slice(start));
      return;
    }
    if (done.has(id)) return;
    for (const { product } of inputs.get(id) ?? []) visit(product, [...path, id]);
    done.add(id);
  };
  for (const id of inputs.keys()) visit(id, []);
  return found;
}

function major(version: string): string {
  return version.replace(/^v/, '').split('.')[0] ?? version;
}
