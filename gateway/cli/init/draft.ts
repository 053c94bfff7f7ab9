import { title } from '../../../schema/contract/names.ts';
import type { ProductId } from '../../../schema/ids.ts';
import type { DescribedObject, DescribedSource } from './described.ts';
import { type DraftFile, type DraftObject, outputContract, sourceContract, transformation } from './draft-contracts.ts';
import { draftKey } from './draft-key.ts';
import { objectNames, propertyNames } from './draft-names.ts';
import { draftProperty, type DraftProperty } from './draft-property.ts';
import { guess } from './guessed-yaml.ts';
import { guessReference, type GuessedReference } from './guess-references.ts';
import type { KnownMesh } from './mesh-objects.ts';
import { productDocument, type Owner } from './product-document.ts';

/** The number of a row as a refresh of a file knows it, and as the key that stands in for a better one. */
const ROW_NUMBER = { source: 'file_row_number', property: 'rowNumber' };

/**
 * A first product of what a source was seen to hold: its document, the contract of what goes in, of what comes out, and a
 * transformation for each object where there are several. All that is no fact is marked `# guess:` with its evidence.
 */
export async function draftProduct(
  id: ProductId,
  source: DescribedSource,
  { owner, mesh }: { readonly owner: Owner; readonly mesh: KnownMesh | null },
): Promise<DraftFile[]> {
  const [domain = '', product = ''] = id.split('/');
  // A product of one object is called as it is; of several, each as its source calls it.
  const wanted = source.objects.length === 1 ? [product] : source.objects.map(({ name }) => name);
  const names = objectNames(wanted, domain, mesh?.types ?? new Set());
  const objects: DraftObject[] = [];
  for (const [index, object] of source.objects.entries())
    objects.push(await draftObject(object, names[index] ?? object.name, { source, names, mesh }));
  const input = product === 'source' ? 'input' : 'source';
  const output = `${id}/${product}`;
  const contract = {
    path: `${product}.odcs.yaml`,
    text: outputContract(output, title(product), source, objects, owner),
  };
  const document = (ports: { input: string | null; output: string }): DraftFile => ({
    path: 'product.odps.yaml',
    text: productDocument(id, ports, { owner, input, about: source.label }),
  });
  if (source.isReadThrough) return [document({ input: null, output }), contract];
  const sourceId = `${id}/${input}`;
  return [
    document({ input: sourceId, output }),
    { path: `${input}.odcs.yaml`, text: sourceContract(sourceId, source, objects) },
    contract,
    ...(objects.length === 1 ? [] : objects.map(transformation)),
  ];
}

async function draftObject(
  object: DescribedObject,
  name: string,
  context: { source: DescribedSource; names: readonly string[]; mesh: KnownMesh | null },
): Promise<DraftObject> {
  const key = draftKey(object, context.source.hasRowNumbers);
  const columns = propertyNames(
    object.columns.map((column) => column.name),
    key.kind === 'rowNumber' ? [ROW_NUMBER.property] : [],
  );
  const properties: DraftProperty[] = key.kind === 'rowNumber' ? [rowNumber(key.because)] : [];
  const keys = key.kind === 'columns' ? key.columns : [];
  const takenFields = new Set(columns);
  for (const [index, column] of object.columns.entries()) {
    const position = keys.indexOf(column.name) + 1;
    const field = columns[index] ?? column.name;
    const reference =
      declaredReference(object, column.name, context) ??
      (context.mesh === null || (position > 0 && keys.length === 1)
        ? null
        : await guessReference(column, field, {
            mesh: context.mesh.objects,
            countKnown: context.mesh.countKnown,
            takenFields,
          }));
    const guessed = key.kind === 'columns' ? key.guess : null;
    properties.push(
      draftProperty(column, field, {
        object,
        key: position === 0 ? null : { position, isAlone: keys.length === 1, guess: guessed },
        reference,
      }),
    );
  }
  return { name, described: object, properties };
}

function rowNumber(because: string): DraftProperty {
  const name = ROW_NUMBER.property;
  const type = { logicalType: 'integer', physicalType: 'bigint', required: true };
  return {
    name,
    physicalName: ROW_NUMBER.source,
    input: { name, physicalName: ROW_NUMBER.source, ...type },
    output: {
      name,
      description: "The row's number in the file, from 0: another row may have it when the file changes.",
      ...type,
      primaryKey: guess(true, because),
      primaryKeyPosition: 1,
      classification: 'internal',
    },
  };
}

/** A foreign key of one column to an object of the same source. */
function declaredReference(
  { foreignKeys }: DescribedObject,
  column: string,
  { source, names }: { source: DescribedSource; names: readonly string[] },
): GuessedReference | null {
  for (const { columns, object, targets } of foreignKeys) {
    const index = source.objects.findIndex(({ name }) => name === object);
    const target = source.objects[index];
    const [from, second] = columns;
    if (target === undefined || from !== column || second !== undefined) continue;
    const isKey = target.key?.columns.length === 1 && target.key.columns[0] === targets[0];
    if (!isKey) continue;
    const at = target.columns.findIndex(({ name }) => name === targets[0]);
    const property = propertyNames(target.columns.map(({ name }) => name))[at] ?? '';
    return { to: `${names[index] ?? object}.${property}`, product: null, graphqlName: null, evidence: null };
  }
  return null;
}
