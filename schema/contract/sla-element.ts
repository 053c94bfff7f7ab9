import type { Product, RowAge, SchemaObject } from './model.ts';
import type { OdcsContract, OdcsSlaProperty } from './odcs.ts';

/** A column of dates or times by which a promise tells how old rows are. */
type SlaElement = Omit<RowAge, 'seconds'>;

/**
 * What the `element` of a promise names (ODCS: `table.column`, several with commas), as far as it is a date or time: by the names of the
 * contract or of the table; without an object's name that of the only one.
 */
export function slaElements(element: string | undefined, objects: readonly SchemaObject[]): SlaElement[] {
  return (element ?? '').split(',').flatMap((name): SlaElement[] => {
    const parts = name.trim().split('.');
    const column = parts.at(-1);
    const of = parts.length === 1 ? null : parts.at(-2);
    const [object, ...others] = of === null ? objects : objects.filter((one) => one.name === of || one.table === of);
    const property = object?.properties.find((one) => one.name === column || one.column === column);
    if (object === undefined || others.length > 0 || property === undefined || property.list) return [];
    return ['date', 'timestamptz'].includes(property.pgType) ? [{ object: object.name, column: property.column }] : [];
  });
}

/** What a contract promises, of the element that it names for all (`slaDefaultElement`) where a promise names none. */
export function promisesOf({ slaProperties, slaDefaultElement: element }: OdcsContract): OdcsSlaProperty[] {
  return (slaProperties ?? []).map((promise) => ({ ...(element === undefined ? {} : { element }), ...promise }));
}

/** Promises about the ages of rows whose element tells none. */
export function elementDoubts(
  contract: OdcsContract,
  { kind, objects }: Pick<Product, 'kind' | 'objects'>,
): { readonly index: number; readonly message: string }[] {
  if (kind !== 'managed') return [];
  return (contract.slaProperties ?? []).flatMap(({ property, element }, index) =>
    element === undefined || !/^(retention|re|latency|ly)$/i.test(property) || slaElements(element, objects).length > 0
      ? []
      : [
          {
            index,
            message: `${property} is of ${element.slice(0, 80)}, which is no date or time of this product's: the ages of rows are not measured.`,
          },
        ],
  );
}
