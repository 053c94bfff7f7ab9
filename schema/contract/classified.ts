import type { Property } from './model.ts';

/** True where anybody may see a property's values: it is public, or nobody has classified it. */
export function isOpen({ classification }: Pick<Property, 'classification'>): boolean {
  return classification === null || classification === 'public';
}
