import { createRequire } from 'node:module';

/** The version of Weft that runs. */
export const WEFT_VERSION = (createRequire(import.meta.url)('../package.json') as { version: string }).version;
