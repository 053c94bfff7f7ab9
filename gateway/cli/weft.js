#!/usr/bin/env node
/** The launcher: plain JavaScript, so that it starts on any Node; the rest is TypeScript as it stands. */
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Weft needs Node 20.19 or later; this is ${process.versions.node}.`);
  process.exit(1);
}

// Apollo's packages read it when they load: nothing that runs here reports to an outside host.
process.env.APOLLO_TELEMETRY_DISABLED = 'true';

const { register } = await import('tsx/esm/api').catch(() => {
  console.error('The packages of Weft are not installed: run `npm ci` in its folder.');
  process.exit(1);
});
register();
await import('./main.ts');
