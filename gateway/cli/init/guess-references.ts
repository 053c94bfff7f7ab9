import { referenceField, words } from '../../../schema/contract/names.ts';
import type { DescribedColumn } from './described.ts';
import { counted } from './draft-key.ts';
import type { CountKnown, MeshObject } from './mesh-objects.ts';

/** A relationship of one property. `evidence` is null where the source declares it. */
export interface GuessedReference {
  /** `airports.iata` */
  readonly to: string;
  /** The product that has the object, where it is another one. */
  readonly product: string | null;
  /** The reference's own field, where the derived one is taken. */
  readonly graphqlName: string | null;
  readonly evidence: string | null;
}

/** Fewer of a column's values found than this, and its name is a coincidence. */
const SHARE_FOUND = 0.9;
/** Endings that say which thing a key is of only together with the thing's name. */
const PLAIN_KEYS = new Set(['id', 'key', 'code', 'name', 'number', 'no', 'uuid', 'type', 'date']);

/**
 * The object of the mesh that a column's values are keys of, by its name (`airport_iata`, `origin_iata`, `customer_id`), and confirmed by
 * its values where the mesh has data. Null where the name says nothing, or the values are not found.
 */
export async function guessReference(
  column: DescribedColumn,
  field: string,
  {
    mesh,
    countKnown,
    takenFields,
  }: { mesh: readonly MeshObject[]; countKnown: CountKnown; takenFields: ReadonlySet<string> },
): Promise<GuessedReference | null> {
  if (!['string', 'integer'].includes(column.type.logicalType)) return null;
  for (const object of mesh) {
    const why = namedFor(column.name, object);
    if (why === null || !isOfKeyType(column, object)) continue;
    const values = column.seen?.examples ?? [];
    const found = values.length === 0 ? null : await countKnown(object, values);
    if (found !== null && found < values.length * SHARE_FOUND) continue;
    // A name alone is too little where the values could not be looked up.
    const evidence =
      found === null
        ? `${why}; whether its values are there was not seen`
        : `${why}, and ${counted(found)} of ${counted(values.length)} values are there`;
    const derived = referenceField(field, { type: object.type, key: object.key.field });
    return {
      to: `${object.name}.${object.key.name}`,
      product: object.product,
      graphqlName: takenFields.has(derived) ? `${derived}Entity` : null,
      evidence,
    };
  }
  return null;
}

/** `its name says Airport.iata` */
function namedFor(column: string, { type, key }: MeshObject): string | null {
  const name = words(column).join('_');
  const thing = words(type).join('_');
  const keyName = words(key.name).join('_');
  const says = `its name says ${type}.${key.name}`;
  if (name === `${thing}_${keyName}` || name.endsWith(`_${thing}_${keyName}`)) return says;
  if (
    name === thing ||
    ['id', 'key', 'code'].some((end) => name === `${thing}_${end}` || name.endsWith(`_${thing}_${end}`))
  )
    return says;
  return !PLAIN_KEYS.has(keyName) && (name === keyName || name.endsWith(`_${keyName}`)) ? says : null;
}

/** Texts are no whole numbers: values of two types are never equal. */
function isOfKeyType({ type, seen }: DescribedColumn, { key }: MeshObject): boolean {
  if (key.type === 'ID') return true;
  const isWhole = key.type === 'Int' || key.type === 'BigInt';
  return (seen === null || seen.rows > 0) && isWhole === (type.logicalType === 'integer');
}
