/** What a publish and a swap take as the mesh grows: `npm run bench:publish [-- 10,100,300,1000]`. */
import '../../gateway/no-telemetry.ts';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { actors } from '../../gateway/actor.ts';
import { openPolicies } from '../../gateway/policies/open-policies.ts';
import { inTurn } from '../../gateway/in-turn.ts';
import { publish } from '../../gateway/publishing/publish.ts';
import type { ProductFolder } from '../../gateway/publishing/read-folders.ts';
import { registerCatalog } from '../../gateway/publishing/register-catalog.ts';
import { gatewayHere, type GatewayHere } from '../gateway/gateway-here.ts';
import { folderOf } from '../gateway/product-text.ts';
import { cloneDatabase } from '../testkit/database.ts';
import { openTestServers } from '../testkit/servers.ts';

const SIZES = (process.argv[2] ?? '10,100,300,1000').split(',').map(Number);
const PER_DOMAIN = 20;
const ROUNDS = 3;

interface Row {
  readonly products: number;
  readonly publishS: number;
  readonly publishCpuS: number;
  readonly swapS: number;
  readonly stallMs: number;
  readonly startS: number;
  readonly rssMb: number;
}

const servers = await openTestServers(['postgres']);
console.log('| products | publish s | of CPU s | swap s | longest stall ms | start s | RSS MB |');
console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
try {
  for (const size of SIZES) {
    const row = await measure(size);
    console.log(
      `| ${row.products} | ${row.publishS.toFixed(2)} | ${row.publishCpuS.toFixed(2)} | ${row.swapS.toFixed(2)} | ${row.stallMs.toFixed(0)} | ${row.startS.toFixed(1)} | ${row.rssMb.toFixed(0)} |`,
    );
  }
} finally {
  await servers.close();
}
process.exit(0);

async function measure(size: number): Promise<Row> {
  const database = await cloneDatabase();
  const deps = {
    ledger: database.pool,
    writers: inTurn(),
    hosts: { loopbackOnly: true, allowedHosts: [], fileRoots: [] },
    checkTables: () => Promise.resolve([]),
    usageDays: 30,
    variants: {},
    policies: await openPolicies({ path: null }),
  };
  await registerCatalog(deps);
  const published = async (folders: readonly ProductFolder[]): Promise<number> => {
    const actor = { ...actors('key', () => null)('Bearer key'), name: 'bench' };
    const outcome = await publish(deps, { folders, actor, refresh: false, dryRun: false });
    if (outcome.kind !== 'Published') throw new Error(JSON.stringify(outcome).slice(0, 2_000));
    return outcome.supergraph;
  };
  // A domain at once.
  for (let at = 0; at < size; at += PER_DOMAIN)
    await published(Array.from({ length: Math.min(PER_DOMAIN, size - at) }, (_, more) => folder(at + more)));

  const beganMs = performance.now();
  const gateway = await gatewayHere({ database });
  const startS = (performance.now() - beganMs) / 1_000;
  const rounds: Omit<Row, 'products' | 'startS' | 'rssMb'>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const stalls = monitorEventLoopDelay({ resolution: 5 });
    stalls.enable();
    const cpu = process.cpuUsage();
    const publishMs = performance.now();
    const supergraph = await published([folder(size + round, round)]);
    const swapMs = performance.now();
    const { user, system } = process.cpuUsage(cpu);
    const publishS = (swapMs - publishMs) / 1_000;
    while ((await served(gateway)) < supergraph) await sleep(10);
    const swapS = (performance.now() - swapMs) / 1_000;
    stalls.disable();
    const answer = await gateway.ask(`{ thing${size + round}s { totalCount } }`, {}, { connection: 'close' });
    if (answer.errors !== undefined) throw new Error(answer.errors[0]!.message);
    rounds.push({ publishS, publishCpuS: (user + system) / 1e6, swapS, stallMs: stalls.max / 1e6 });
  }
  const rssMb = process.memoryUsage().rss / 2 ** 20;
  await gateway.close();
  await database.drop();
  const median = (of: (row: (typeof rounds)[number]) => number): number =>
    rounds.map(of).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
  return {
    products: size,
    publishS: median(({ publishS }) => publishS),
    publishCpuS: median(({ publishCpuS }) => publishCpuS),
    swapS: median(({ swapS }) => swapS),
    stallMs: median(({ stallMs }) => stallMs),
    startS,
    rssMb,
  };
}

/** By a connection of its own: what stalls this process would let kept ones run out. */
async function served(gateway: GatewayHere): Promise<number> {
  const response = await fetch(`${gateway.url}/readyz`, { headers: { connection: 'close' } });
  return ((await response.json()) as { supergraph: number }).supergraph;
}

/** A product of eight properties, which refers to one that was there before. */
function folder(at: number, domain = Math.floor(at / PER_DOMAIN)): ProductFolder {
  return folderOf({
    domain: `domain-${domain}`,
    name: `thing${at}s`,
    properties: [
      ...(at === 0 ? [] : [`{ name: refId, logicalType: string, relationships: [{ to: thing${at >> 1}s.id }] }`]),
      '{ name: name, logicalType: string, description: What it is called. }',
      '{ name: amount, logicalType: number, description: How much of it. }',
      '{ name: day, logicalType: date }',
      '{ name: at, logicalType: timestamp }',
      '{ name: count, logicalType: integer }',
      '{ name: open, logicalType: boolean }',
    ],
  });
}
