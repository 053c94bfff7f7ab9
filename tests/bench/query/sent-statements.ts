import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import type { LimitStatement } from './limit/statements.ts';
import type { Place } from './place.ts';
import { QUERIES, type QueryName } from './queries.ts';
import { ask, type Weft } from './weft.ts';

/** What Weft sent to Postgres for one operation. */
export interface Sent {
  readonly text: string;
  readonly parameters: readonly (string | null)[];
}

/** Has Postgres log what Weft's reading role sends while `act` runs. */
export async function statementsOf(place: Place, act: () => Promise<unknown>): Promise<Sent[]> {
  const log = join(place.home.logs, 'postgres.log');
  const client = new pg.Client({ connectionString: place.postgres.url });
  await client.connect();
  try {
    await logging(client, 'all');
    const from = statSync(log).size;
    await act();
    await sleep(100);
    return readSent(readFileSync(log).subarray(from).toString());
  } finally {
    await logging(client, 'none');
    await client.end();
  }
}

async function logging(client: pg.Client, what: 'all' | 'none'): Promise<void> {
  await client.query(`alter system set log_statement = '${what}'`);
  await client.query('select pg_reload_conf()');
  // Every backend reads its settings anew before its next statement, once it has had the signal.
  await sleep(200);
}

/**
 * The statement that Weft sends for a query, for the limit to send: found by asking twice, so that it is seen which parameter is which
 * variable. Null where there are several, or where they cannot be told.
 */
export async function oneStatement(place: Place, weft: Weft, name: QueryName): Promise<LimitStatement | null> {
  const query = QUERIES[name];
  const text = query.text.weft!;
  const seen: { variables: Readonly<Record<string, unknown>>; sent: Sent; data: unknown }[] = [];
  for (const index of [11, 12, 13]) {
    const variables = query.variables(index, place.rows);
    let data: unknown;
    const sent = await statementsOf(place, async () => (data = await ask(weft.url, text, variables)));
    if (sent.length !== 1) return null;
    seen.push({ variables, sent: sent[0]!, data });
  }
  const [first] = seen;
  if (first === undefined || seen.some(({ sent }) => sent.text !== first.sent.text)) return null;
  const parameters = first.sent.parameters.map((value, at) => {
    const variable = Object.keys(first.variables).find((candidate) =>
      seen.every(({ variables, sent }) => sent.parameters[at] === variables[candidate]),
    );
    if (variable !== undefined) return { variable };
    return seen.every(({ sent }) => sent.parameters[at] === value) ? { value } : null;
  });
  if (parameters.some((parameter) => parameter === null)) return null;
  const around = await aroundOf(place, first);
  return around === null
    ? null
    : { sql: first.sent.text, parameters: parameters.filter((one) => one !== null), around };
}

/** What Weft puts around the statement's text. */
async function aroundOf(
  place: Place,
  { sent, data }: { sent: Sent; data: unknown },
): Promise<readonly [string, string] | null> {
  const client = new pg.Client({ connectionString: place.postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query<string[]>({ text: sent.text, values: [...sent.parameters], rowMode: 'array' });
    const read = JSON.parse(rows[0]?.[0] ?? 'null') as unknown;
    if (isDeepStrictEqual(read, data)) return ['', ''];
    const [root] = Object.keys(data as object);
    return isDeepStrictEqual({ [root!]: read }, data) ? [`{"${root!}":`, '}'] : null;
  } finally {
    await client.end();
  }
}

/** Entries begin with their time; further lines of a text begin with a tab. */
function readSent(log: string): Sent[] {
  const entries = log.split(/\n(?=\d{4}-\d\d-\d\d )/);
  const sent: { text: string; parameters: (string | null)[] }[] = [];
  for (const entry of entries.filter((one) => one.includes('weft_reader@'))) {
    const body = entry.replace(/\n\t/g, '\n').trimEnd();
    const statement = /LOG: {2}(?:execute [^:]*|statement): ([\s\S]*)$/.exec(body)?.[1];
    const parameters = /DETAIL: {2}Parameters: ([\s\S]*)$/.exec(body)?.[1];
    if (statement !== undefined) sent.push({ text: statement, parameters: [] });
    else if (parameters !== undefined) sent.at(-1)?.parameters.push(...readParameters(parameters));
  }
  return sent.filter(({ text }) => !text.includes('set_config'));
}

function readParameters(text: string): (string | null)[] {
  return [...text.matchAll(/\$\d+ = (?:'((?:[^']|'')*)'|NULL)/g)].map(
    ([, value]) => value?.replaceAll("''", "'") ?? null,
  );
}
