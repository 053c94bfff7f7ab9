import { register as registerCommonJs } from 'tsx/cjs/api';
import { register } from 'tsx/esm/api';

// A thread does not inherit the loader of TypeScript that the process was started with. A file outside of any package is CommonJS to it.
registerCommonJs();
register();
await import('./policy-worker.ts');
