import type { GraphQLFormattedError } from 'graphql';
import type { SubgraphAnswer } from '../context.ts';
import type { Reply } from './exchange.ts';
import { Misbehavior } from './misbehavior.ts';

/** More errors than a person reads, or a client's screen holds. */
export const ERRORS_MAX = 100;

/**
 * A service's answer, checked by hand: it is on every remote operation's way. Of its errors come message, path and code alone:
 * what else it says may be a stack, or `http`, by which Apollo Server would set our status. `entities` is how many it must
 * answer for, null where it was asked for none: the gateway merges them by their order.
 */
export function readAnswer({ status, text }: Reply, entities: number | null): SubgraphAnswer {
  return checkedAnswer(parsed(text, status), { status, entities });
}

/** The same of an answer that came in JSON of another kind, which `parsed` has read. */
export function checkedAnswer(
  answer: unknown,
  { status, entities }: { readonly status: number; readonly entities: number | null },
): SubgraphAnswer {
  if (!isObject(answer)) throw notGraphQL();
  const { data, errors } = answer;
  if (data == null && errors == null)
    throw status >= 300 ? new Misbehavior(`answered with HTTP status ${status}`) : notGraphQL();
  if (data != null && !isObject(data)) throw notGraphQL();
  if (data != null && entities !== null) requireEntities(data, entities);
  if (errors == null) return { data: data ?? null };
  if (!Array.isArray(errors)) throw notGraphQL();
  const shown = errors.slice(0, ERRORS_MAX).map(shownError);
  return { data: data ?? null, ...(shown.length > 0 && { errors: shown }) };
}

/** JSON of a service, without what would become a prototype. */
export function parsed(text: string, status: number): unknown {
  // A byte order mark, which some services send.
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    return mayNamePrototype(json) ? JSON.parse(json, withoutPrototypeKeys) : JSON.parse(json);
  } catch {
    throw new Misbehavior(status >= 300 ? `answered with HTTP status ${status}` : 'did not answer with JSON');
  }
}

/** Whether a key may be `__proto__`, its letters written as escapes or not. A reviver takes ten times as long as parsing. */
function mayNamePrototype(json: string): boolean {
  return json.includes('__proto__') || (json.includes('\\u00') && /\\u00[567]/.test(json));
}

/** `__proto__` in an answer must not become the prototype of what is merged from it. */
function withoutPrototypeKeys(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function requireEntities(data: Readonly<Record<string, unknown>>, asked: number): void {
  const { _entities: answered } = data;
  if (!Array.isArray(answered) || answered.length !== asked)
    throw new Misbehavior('did not answer for each entity that it was asked for');
}

function shownError(error: unknown): GraphQLFormattedError {
  if (!isObject(error) || typeof error['message'] !== 'string') throw notGraphQL();
  const { message, path, extensions } = error;
  const code = isObject(extensions) ? extensions['code'] : undefined;
  if (path != null && !isPath(path)) throw notGraphQL();
  return { message, ...(path != null && { path }), ...(typeof code === 'string' && { extensions: { code } }) };
}

function isPath(path: unknown): path is readonly (string | number)[] {
  return Array.isArray(path) && path.every((step) => typeof step === 'string' || typeof step === 'number');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function notGraphQL(): Misbehavior {
  return new Misbehavior('did not answer as GraphQL does');
}
