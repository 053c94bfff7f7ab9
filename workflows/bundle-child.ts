import { writeBundle } from './bundle.ts';

const [path, encrypted] = process.argv.slice(2);
if (path === undefined) throw new Error('Say where the bundle is to be written.');
await writeBundle(path, { encrypted: encrypted === 'true' });
process.exit(0);
