import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What one run of the bench does. */
export interface BenchOptions {
  /** Of queries: q1 … q6; empty for all. */
  readonly only: readonly string[];
  /** Names of servers, in the table's order; empty for all. */
  readonly servers: readonly string[];
  /** Seconds of load for each server and query, over all rounds. */
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  /** 1 for the sizes that docs/benchmarks.md has. */
  readonly scale: number;
  /** Measure operations whose text is new each time, too. */
  readonly cold: boolean;
  /** True leaves Weft its cache of answers, as it is by default; here none is asked twice, so that it only costs. */
  readonly answerCache: boolean;
  /** Where the seeded database stays for the next run; null for a folder that goes with this one. */
  readonly keep: string | null;
  readonly markdown: string | null;
  /** A folder for CPU profiles of Weft's gateway, one a query; null for none. */
  readonly profile: string | null;
  /** The program of Hive Router; null where there is none. */
  readonly hiveRouter: string | null;
  /** Only compare answers and print the statements that Weft sends. */
  readonly show: boolean;
  readonly help: boolean;
}

/** `npm run bench:query -- <these>`. */
export const USAGE = `npm run bench:query -- [options]
  --only q1,q2          these queries (of q1 to q6)
  --servers weft,limit  these servers, in this order
  --seconds 6           of load for each server and query, over all rounds
  --rounds 5            interleaved rounds (A B C, A B C, …)
  --connections 8       closed loop: each sends when it has its answer
  --scale 1             of the rows: 1 is 150,000 customers, 1,500,000 orders, 200,000 parts
  --cold                also operations whose text is new each time
  --answer-cache        Weft with its cache of answers, which no request here finds anything in: what keeping costs
  --keep                leave the seeded database for the next run (at WEFT_HOME, or in the system's temporary folder)
  --markdown <file>     write the tables as docs/benchmarks.md has them
  --profile <folder>    a CPU profile of Weft's gateway for each query, in place of measuring
  --hive-router <path>  Hive Router's program (cargo install hive-router --locked), which is measured too then
  --show                compare the answers, print the statements that Weft sends, measure nothing`;

/** Reads the command line; throws on what it does not know. */
export function benchOptions(argv: readonly string[], env: NodeJS.ProcessEnv): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string', default: '' },
      servers: { type: 'string', default: '' },
      seconds: { type: 'string', default: '6' },
      rounds: { type: 'string', default: '5' },
      connections: { type: 'string', default: '8' },
      scale: { type: 'string', default: '1' },
      cold: { type: 'boolean', default: false },
      'answer-cache': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      markdown: { type: 'string' },
      profile: { type: 'string' },
      'hive-router': { type: 'string' },
      show: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const scale = positive('scale', values.scale);
  const kept = resolve(env['WEFT_HOME'] ?? join(tmpdir(), `weft-bench-query-${scale}`));
  return {
    only: list(values.only),
    servers: list(values.servers),
    seconds: positive('seconds', values.seconds),
    rounds: positive('rounds', values.rounds),
    connections: Math.min(64, positive('connections', values.connections)),
    scale,
    cold: values.cold,
    answerCache: values['answer-cache'],
    keep: values.keep ? kept : null,
    markdown: values.markdown ?? null,
    profile: values.profile === undefined ? null : resolve(values.profile),
    hiveRouter: values['hive-router'] === undefined ? null : resolve(values['hive-router']),
    show: values.show,
    help: values.help,
  };
}

function list(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '');
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text}: expected a number above 0.`);
  return value;
}
