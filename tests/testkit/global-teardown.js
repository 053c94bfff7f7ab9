export default async function globalTeardown() {
  await globalThis.weftTestServers.close();
}
