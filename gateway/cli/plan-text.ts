import { z } from 'zod';

const statement = z.object({
  sql: z.string(),
  ms: z.number(),
  bytes: z.number(),
  lane: z.string(),
  rows: z.number().optional(),
  failure: z.string().optional(),
  plan: z.unknown(),
});

const fetched = z.object({
  subgraph: z.string(),
  query: z.string(),
  entities: z.number().nullable(),
  atMs: z.number(),
  ms: z.number(),
  errors: z.number(),
  because: z.string(),
  statements: z.array(statement),
  remote: z.object({ status: z.number().nullable(), timesSent: z.number(), shared: z.boolean() }).optional(),
});

/** How an admin is told that an operation was answered: `extensions.plan`. */
const answered = z.object({
  plan: z.object({
    path: z.enum(['managed', 'registered', 'planned']),
    kept: z.boolean(),
    ms: z.number(),
    because: z.string().optional(),
    statements: z.array(statement),
    fetches: z.array(fetched).optional(),
  }),
});

type Statement = z.infer<typeof statement>;
type Fetched = z.infer<typeof fetched>;

/** How an operation was answered, to be read: what it took, why it is not one statement, its fetches and its SQL. */
export function planText(extensions: unknown): string {
  const read = answered.safeParse(extensions);
  if (!read.success) return 'No plan is shown: it is for the admin key, and for operations that are answered.';
  const { kept, ms, because, statements, fetches = [] } = read.data.plan;
  if (kept) return `Answered from what was kept, in ${took(ms)}: its products have no newer data.`;
  const whole =
    fetches.length > 0 ? counted(fetches.length, 'fetch', 'fetches') : counted(statements.length, 'statement');
  const head = `Answered by ${whole} in ${took(ms)}.${because === undefined ? '' : ` ${because}`}`;
  return [head, ...fetches.map(fetchText), ...statements.map(statementText)].join('\n\n');
}

function fetchText({ subgraph, query, entities, atMs, ms, errors, because, statements, remote }: Fetched): string {
  const facts = [
    `after ${took(atMs)}, for ${took(ms)}`,
    entities === null ? '' : counted(entities, 'entity', 'entities'),
    remote?.status == null ? '' : `HTTP ${remote.status}`,
    remote !== undefined && remote.timesSent > 1 ? `sent ${remote.timesSent} times` : '',
    remote?.shared === true ? 'answered as an equal one under way' : '',
    errors === 0 ? '' : counted(errors, 'error'),
  ].filter((fact) => fact !== '');
  const head = `# ${subgraph}: ${facts.join(', ')}\n# ${because}\n${query}`;
  return [head, ...statements.map(statementText)].join('\n\n');
}

function statementText({ sql, ms, bytes, lane, rows, failure, plan }: Statement): string {
  const facts = [
    `${took(ms)} on the ${lane} lane`,
    failure === undefined ? `${bytes} characters of JSON` : `it brought nothing: ${failure}`,
    rows === undefined || failure !== undefined ? '' : counted(rows, 'row'),
    cacheText(plan),
  ].filter((fact) => fact !== '');
  const shown = plan === undefined ? '' : `\n${JSON.stringify(plan, null, 2)}`;
  return `-- ${facts.join(', ')}\n${sql};${shown}`;
}

/** Pages that Postgres found in its memory, and that it had to read; of the root of its plan, which counts those beneath too. */
const buffers = z
  .tuple([z.object({ Plan: z.object({ 'Shared Hit Blocks': z.number(), 'Shared Read Blocks': z.number() }) })])
  .transform(([{ Plan }]) => ({ hit: Plan['Shared Hit Blocks'], read: Plan['Shared Read Blocks'] }));

function cacheText(plan: unknown): string {
  const read = buffers.safeParse(plan);
  return read.success ? `${counted(read.data.hit, 'page')} from memory, ${read.data.read} read` : '';
}

function took(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
