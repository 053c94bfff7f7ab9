import type { Product } from '../../schema/contract/model.ts';

/** True where every word of the search stands somewhere in what the product says of itself. */
export function matches(product: Product, search: string): boolean {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return true;
  const text = said(product).join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

function said({ id, name, description, tags, objects, team }: Product): string[] {
  const parts = [id, name, description.purpose, description.limitations, description.usage, ...tags, team.name];
  for (const object of objects) {
    parts.push(object.name, object.type, object.description);
    for (const property of object.properties) parts.push(property.name, property.field, property.description);
  }
  return parts.filter((part) => part !== null);
}
