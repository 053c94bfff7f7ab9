import type { ExecutionResult } from 'graphql';
import type { Answer, SubgraphRequest } from '../../schema/reading.ts';
import type { AskSubgraph, OperationContext } from './context.ts';
import { inTrace, type LogFault, shownError } from './shown-error.ts';

/** Executes a request in this process; its errors are those that resolvers threw. */
export type ExecuteHere = (request: SubgraphRequest, context: OperationContext) => Promise<ExecutionResult>;

/** A subgraph that runs in this process: its errors become showable here. */
export function localSubgraph(execute: ExecuteHere, log: LogFault): AskSubgraph {
  return async (request, context) => {
    const { data, errors } = await execute(request, context);
    return {
      data: data ?? null,
      ...(errors && { errors: errors.map((error) => shownError(error, inTrace(log, context.trace))) }),
    };
  };
}

/** The managed products of all domains, which plans ask as one: of each operation those that it started with. */
export function wholeSubgraph(log: LogFault): AskSubgraph {
  return localSubgraph(async (request, { serving, reading }) => {
    if (serving.whole === null) throw new Error('A plan asks managed products, which its graph does not have.');
    return inObjects(await serving.whole.execute(request, reading));
  }, log);
}

/** The registered products of one server, which plans ask as one: of each operation those that it started with. */
export function serverSubgraph(key: string, log: LogFault): AskSubgraph {
  return localSubgraph(async (request, { serving, reading }) => {
    const server = serving.servers.get(key);
    if (server === undefined)
      throw new Error('A plan asks a server of registered products, which its graph does not have.');
    return inObjects(await server.execute(request, reading));
  }, log);
}

/** A domain's subgraph over SQL: of each operation the one that it started with. */
export function domainSubgraph(name: string, log: LogFault): AskSubgraph {
  return localSubgraph(async (request, { serving, reading }) => {
    const domain = serving.managed.get(name) ?? serving.registered.get(name);
    if (domain === undefined) throw new Error(`A plan asks the subgraph ${name}, which its graph does not have.`);
    return inObjects(await domain.subgraph.execute(request, reading));
  }, log);
}

function inObjects(answer: Answer): ExecutionResult {
  return 'json' in answer ? { data: JSON.parse(answer.json) as Record<string, unknown> } : answer;
}
