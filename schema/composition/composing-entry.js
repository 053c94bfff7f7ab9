/** Where a composing thread begins: plain JavaScript, since a thread has no loader of TypeScript yet. */
import { register } from 'tsx/esm/api';

register();
await import('./composing.ts');
