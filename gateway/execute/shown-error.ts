import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { Refusal, REFUSALS, type RefusalCode } from '../../schema/errors.ts';

/** Logs a fault with its cause under the reference that the client is shown, and its trace where there is one. */
export type LogFault = (fault: {
  reference: string;
  cause: unknown;
  path: readonly (string | number)[];
  traceId?: string;
}) => void;

/** Logs the faults of an operation with its trace. */
export function inTrace(log: LogFault, trace: { readonly id: string } | null): LogFault {
  return trace === null ? log : (fault) => log({ ...fault, traceId: trace.id });
}

/**
 * The one translator from what a resolver threw to what a client may see: a refusal with its code, GraphQL's own errors as they
 * are, and for any fault a reference under which the log has its cause.
 */
export function shownError(error: GraphQLError, log: LogFault): GraphQLFormattedError {
  const { locations, path, extensions } = error;
  const place = { ...(locations && { locations }), ...(path && { path }) };
  const cause = deepest(error);
  if (cause instanceof Refusal)
    return { message: cause.message, ...place, extensions: { ...refusalExtensions(cause) } };
  // No error beneath it: GraphQL itself said no (syntax, validation, a value that does not coerce).
  if (cause instanceof GraphQLError || typeof extensions['code'] === 'string') return error.toJSON();
  const reference = randomUUID();
  log({ reference, cause, path: path ?? [] });
  return {
    message: `Something failed inside; the operator finds it in the log under ${reference}.`,
    ...place,
    extensions: { code: 'INTERNAL', reference },
  };
}

/** Codes of errors, each once. */
export function codesOf(errors: readonly GraphQLFormattedError[]): string[] {
  return [...new Set(errors.map(codeOf))];
}

/** GraphQL's own errors have none. */
function codeOf({ extensions }: GraphQLFormattedError): string {
  const code = extensions?.['code'];
  return typeof code === 'string' ? code : '_OTHER';
}

/** The same of whatever was thrown; what may be shown already stays as it is. */
export function shownThrown(thrown: Error | GraphQLFormattedError, log: LogFault): GraphQLFormattedError {
  if (!(thrown instanceof Error)) return thrown;
  return shownError(thrown instanceof GraphQLError ? thrown : new GraphQLError('', { originalError: thrown }), log);
}

/** Code, what it would be as an HTTP status, whether trying again may help, and the findings of a refusal. */
export function refusalExtensions({ code, findings }: Refusal): {
  code: RefusalCode;
  status: number;
  retry: boolean;
  findings?: Refusal['findings'];
} {
  const { http: status, retry } = REFUSALS[code];
  return { code, status, retry, ...(findings.length > 0 && { findings }) };
}

function deepest(error: GraphQLError): unknown {
  let cause: unknown = error;
  while (cause instanceof GraphQLError && cause.originalError != null) cause = cause.originalError;
  return cause;
}
