import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { GraphQLError, Kind, parse, type DocumentNode, type TypeNode } from 'graphql';
import { z } from 'zod';

import { isSystemError } from '../../up/failure.ts';
import { failureOf, postGraph } from '../ask.ts';
import { answerText } from '../answer-text.ts';
import { CommandFailure, EXIT, wrongUsage } from '../exit.ts';
import { planText } from '../plan-text.ts';
import { table } from '../table.ts';
import { jsonText, type Terminal } from '../terminal.ts';

export interface QueryOptions {
  readonly var?: readonly string[];
  readonly operation?: string;
  readonly output?: 'table' | 'json';
  readonly verbose?: boolean;
  readonly plan?: boolean;
  readonly stock?: boolean;
}

/** Sends one operation and shows its answer: as it came, or as tables. */
export async function query(terminal: Terminal, given: string | undefined, options: QueryOptions): Promise<number> {
  if (terminal.json && options.output === 'table')
    throw wrongUsage('--json and -o table exclude each other: choose one.');
  const text = await operationText(terminal, given);
  const variables = variablesOf(document(text), options.var ?? [], options.operation);
  const answer = await postGraph(terminal.settings, terminal.signal, {
    query: text,
    variables,
    ...(options.operation !== undefined && { operationName: options.operation }),
    ...((options.plan ?? options.stock) === true && {
      extensions: { ...(options.plan === true && { plan: true }), ...(options.stock === true && { stock: true }) },
    }),
  });
  const failure = failureOf(answer, terminal.settings);
  if (options.plan === true) terminal.warn(planText(answer['extensions']));
  if (failure !== null && (answer.data ?? null) === null && !terminal.json) throw failure;
  terminal.show(answer, () => (options.output === 'table' ? answerText(answer.data ?? {}) : jsonText(answer)));
  if (options.verbose === true) terminal.warn(freshness(answer['extensions']));
  if (failure === null) return EXIT.done;
  terminal.warn(failure.message);
  return failure.exit;
}

/** What an answer says that it was made of: `extensions.dataProducts`. */
const madeOf = z.object({
  dataProducts: z.array(
    z.object({
      id: z.string(),
      version: z.string(),
      datasetVersion: z.number().nullable(),
      refreshedAt: z.string().nullable(),
      withinSlo: z.boolean().nullable(),
      failedWarnings: z.array(z.string()),
    }),
  ),
});

function freshness(extensions: unknown): string {
  const read = madeOf.safeParse(extensions);
  if (!read.success || read.data.dataProducts.length === 0) return 'Made of no data product.';
  return table(
    ['MADE OF', 'VERSION', 'DATASET', 'DATA OF', 'SLO', 'FAILED WARNINGS'],
    read.data.dataProducts.map(({ id, version, datasetVersion, refreshedAt, withinSlo, failedWarnings }) => [
      id,
      version,
      datasetVersion === null ? 'live' : String(datasetVersion),
      refreshedAt === null ? '' : refreshedAt.slice(0, 19).replace('T', ' '),
      withinSlo === null ? '' : withinSlo ? 'within' : 'beyond',
      failedWarnings.join(', '),
    ]),
  );
}

async function operationText({ cwd, streams }: Terminal, given: string | undefined): Promise<string> {
  if (given === '-' || (given === undefined && streams.in.isTTY !== true)) return textOf(streams.in);
  if (given === undefined)
    throw wrongUsage("Nothing to ask: name a file, `-` for stdin, or write the query: weft query '{ domains { id } }'");
  if (given.includes('{')) return given;
  try {
    return await readFile(resolve(cwd, given), 'utf8');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EISDIR', 'EACCES', 'ENOTDIR', 'ENAMETOOLONG')) throw error;
    throw new CommandFailure(
      EXIT.usage,
      'USAGE',
      `${given} is neither a file that can be read nor a GraphQL operation.`,
      { cause: error },
    );
  }
}

function document(text: string): DocumentNode {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [place] = error.locations ?? [];
    const where = place === undefined ? '' : ` at line ${place.line}, column ${place.column}`;
    throw new CommandFailure(EXIT.usage, 'GRAPHQL_PARSE_FAILED', `${error.message}${where}`, { cause: error });
  }
}

/** `name=value` by the type that the operation declares: texts, ids, dates and exact numbers as written, all else as JSON. */
function variablesOf(
  { definitions }: DocumentNode,
  given: readonly string[],
  operation: string | undefined,
): Record<string, unknown> {
  const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const [only] = operation === undefined ? operations : operations.filter(({ name }) => name?.value === operation);
  const names = operations.flatMap(({ name }) => name?.value ?? []).join(', ');
  if (only === undefined)
    throw wrongUsage(`The document has no operation ${operation ?? ''}; it has: ${names || 'none with a name'}.`);
  if (operation === undefined && operations.length > 1) throw wrongUsage(`Choose one with --operation: ${names}.`);
  const declared = new Map((only.variableDefinitions ?? []).map(({ variable, type }) => [variable.name.value, type]));
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf('=');
      const name = pair.slice(0, at).replace(/^\$/, '');
      if (at < 1) throw wrongUsage(`-v ${pair}: write name=value.`);
      const type = declared.get(name);
      if (type === undefined)
        throw wrongUsage(
          `-v ${name}: the operation declares ${[...declared.keys()].map((one) => `$${one}`).join(', ') || 'no variable'}.`,
        );
      return [name, valueOf(name, pair.slice(at + 1), type)];
    }),
  );
}

function valueOf(name: string, text: string, type: TypeNode): unknown {
  const bare = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  if (text === 'null' && type.kind !== Kind.NON_NULL_TYPE) return null;
  const isPlain = bare.kind === Kind.NAMED_TYPE && !/^(Int|Float|Boolean|JSON)$/.test(bare.name.value);
  // An input object is written as JSON too; no plain text begins so where such a type is expected.
  const looksLikeObject = isPlain && text.startsWith('{') && !/^(String|ID)$/.test(bare.name.value);
  if (isPlain && !looksLikeObject) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw wrongUsage(`-v ${name}=${text}: the value must be JSON.`);
  }
}
