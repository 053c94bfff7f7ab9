import { guess, plain } from './guessed-yaml.ts';
import type { Owner } from './product-document.ts';

/** Who gets at what may be of persons: a role whose members the owner approves. Undefined where nothing is classified so. */
export function restrictedRoles(classifications: readonly unknown[], owner: Owner): unknown {
  if (!classifications.some((classification) => plain(classification) === 'confidential')) return undefined;
  return [
    {
      role: guess('reader', 'what may be of persons is not for everybody'),
      access: 'read',
      firstLevelApprovers: guess(owner.username, 'who answers for the product'),
    },
  ];
}
