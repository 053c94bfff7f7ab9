import type { Product } from '../contract/model.ts';
import type { OdcsContract, OdcsObject, OdcsProperty } from '../contract/odcs.ts';

/** A contract that an output port names, with its file. */
export interface ContractElement {
  readonly contract: OdcsContract;
  readonly file: string;
}

/** A schema object of such a contract; `path` as findings have it. */
export interface ObjectElement extends ContractElement {
  readonly object: OdcsObject;
  readonly path: string;
}

/** A property of such an object; `name` is `flights.delay`. What is nested in a property is part of it. */
export interface PropertyElement extends ObjectElement {
  readonly property: OdcsProperty;
  readonly name: string;
}

/** What the product promises: the contracts of its output ports. Those of its sources are others' words. */
export function contractsOf({ documents, outputs, files }: Product): ContractElement[] {
  const promised = new Set(outputs.map(({ contractId }) => contractId));
  return documents.contracts
    .filter(({ id }) => promised.has(id))
    .flatMap((contract) => {
      const file = files[contract.id];
      return file === undefined ? [] : [{ contract, file }];
    });
}

/** Every schema object that the product promises. */
export function objectsOf(product: Product): ObjectElement[] {
  return contractsOf(product).flatMap((element) =>
    (element.contract.schema ?? []).map((object, index) => ({ ...element, object, path: `schema[${index}]` })),
  );
}

/** Every property that the product promises, measures and dimensions too. */
export function propertiesOf(product: Product): PropertyElement[] {
  return objectsOf(product).flatMap((element) =>
    (element.object.properties ?? []).map((property, index) => ({
      ...element,
      property,
      name: `${element.object.name}.${property.name}`,
      path: `${element.path}.properties[${index}]`,
    })),
  );
}
