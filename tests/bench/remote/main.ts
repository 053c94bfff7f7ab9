/**
 * `npm run bench:remote`: gateways in front of four services over HTTP, one heavy query, by turns; the gateway's CPU seconds for
 * 1,000 requests are the figure that travels. One user: no request has another beside it. Fifty who ask the same: what sharing
 * of requests in flight is worth.
 */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../gateway/up/ports.ts';
import { treeCpuMs } from '../query/cpu.ts';
import { startLoad } from '../query/load.ts';
import { openPlace } from '../query/place.ts';
import { profileOf } from '../query/profile.ts';
import { ask } from '../query/weft.ts';
import { type Gateway, gatewaysOf } from './gateways.ts';
import { HEAVY } from './services.ts';

const USAGE = `npm run bench:remote -- [options]
  --servers weft,apollo,hive-rust,hive-js  these, in this order
  --users 1,50          closed loops at once
  --seconds 8           of load for each server and number of users, over all rounds
  --rounds 4            by turns (A B C, A B C, …)
  --keep <folder>       where everything lies, and stays for the next run
  --markdown <file>     write the table
  --profile <file>      a CPU profile of Weft's gateway under the first number of users, in place of measuring`;
const WARM_UP_SECONDS = 4;

const { values } = parseArgs({
  options: {
    servers: { type: 'string', default: 'weft,apollo,hive-rust,hive-js' },
    users: { type: 'string', default: '1,50' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '4' },
    keep: { type: 'string' },
    markdown: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => console.log(text);
if (values.help) say(USAGE);
else await bench();

/** What a gateway took, over all rounds. */
interface Measured {
  requests: number;
  seconds: number;
  cpuMs: number;
  readonly p50Ms: number[];
  readonly p99Ms: number[];
}

async function bench(): Promise<void> {
  const place = await openPlace({ keep: values.keep ?? null, scale: 1, say });
  const load = startLoad();
  try {
    const inspector = values.profile === undefined ? null : await freePort();
    const starters = await gatewaysOf(place, say, inspector === null ? [] : [`--inspect=127.0.0.1:${inspector}`]);
    const gateways: Gateway[] = [];
    for (const name of inspector === null ? values.servers.split(',') : ['weft']) {
      const start = starters[name];
      if (start === undefined) throw new Error(`--servers ${name}: there are ${Object.keys(starters).join(', ')}.`);
      gateways.push(await start());
    }
    const bytes = await requireSameAnswers(gateways);
    const run = (gateway: Gateway, users: number, seconds: number): ReturnType<typeof load.run> =>
      load.run({ url: gateway.url, headers: {}, text: HEAVY, connections: users, seconds });
    const counts = values.users.split(',').map(Number);
    if (inspector !== null) {
      await run(gateways[0]!, counts[0]!, WARM_UP_SECONDS);
      say(await profileOf(inspector, values.profile!, () => run(gateways[0]!, counts[0]!, Number(values.seconds))));
      return;
    }
    const lines = [
      '| gateway | users | CPU s / 1,000 requests | requests/s | p50 ms | p99 ms |',
      '| --- | --: | --: | --: | --: | --: |',
    ];
    for (const users of counts) {
      const results = new Map<Gateway, Measured>(
        gateways.map((gateway) => [gateway, { requests: 0, seconds: 0, cpuMs: 0, p50Ms: [], p99Ms: [] }]),
      );
      for (const gateway of gateways) await run(gateway, users, WARM_UP_SECONDS);
      for (let round = 0; round < Number(values.rounds); round += 1)
        for (const [gateway, measured] of results) {
          const before = treeCpuMs(gateway.pid());
          const result = await run(gateway, users, Number(values.seconds) / Number(values.rounds));
          await sleep(150);
          if (result.failure !== null) throw new Error(`${gateway.name} failed: ${result.failure}`);
          measured.requests += result.requests;
          measured.seconds += result.seconds;
          measured.cpuMs += treeCpuMs(gateway.pid()) - before;
          measured.p50Ms.push(result.p50Ms);
          measured.p99Ms.push(result.p99Ms);
        }
      for (const [{ title }, { requests, seconds, cpuMs, p50Ms, p99Ms }] of results) {
        const figures = [cpuMs / requests, requests / seconds, median(p50Ms), median(p99Ms)];
        lines.push(`| ${[title, users, ...figures.map((figure) => figure.toPrecision(3))].join(' | ')} |`);
        say(lines.at(-1)!);
      }
    }
    const table = `${lines.join('\n')}\n\nOne answer has ${bytes} bytes of data.\n`;
    say(`\n${table}`);
    if (values.markdown !== undefined) writeFileSync(values.markdown, table);
  } finally {
    load.stop();
    await place.close();
  }
}

/** Its size in bytes. Throws where one gateway answers otherwise than the first: no wrong answer is measured. */
async function requireSameAnswers(gateways: readonly Gateway[]): Promise<number> {
  let first: unknown = null;
  for (const { name, url } of gateways) {
    const data = await ask(url.replace(/\/(graphql)?$/, ''), HEAVY);
    first ??= data;
    if (!isDeepStrictEqual(data, first)) throw new Error(`${name} answers otherwise than ${gateways[0]!.name}.`);
  }
  return JSON.stringify(first).length;
}

function median(all: readonly number[]): number {
  return [...all].sort((one, other) => one - other)[Math.floor((all.length - 1) / 2)] ?? 0;
}
